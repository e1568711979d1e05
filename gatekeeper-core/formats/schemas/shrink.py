#!/usr/bin/env python3
"""Takes out of a JSON schema or an XML schema what validates nothing: titles, descriptions, examples, annotations, comments.

usage: shrink.py SOURCE TARGET
"""
import json
import sys
import xml.etree.ElementTree as ET

PROSE = {"title", "description", "examples", "$comment", "meta:enum", "default", "deprecated"}
XS = "{http://www.w3.org/2001/XMLSchema}"


def json_schema(node):
    if isinstance(node, list):
        return [json_schema(n) for n in node]
    if not isinstance(node, dict):
        return node
    out = {}
    for key, value in node.items():
        if key in ("properties", "definitions", "$defs", "patternProperties"):
            out[key] = {name: json_schema(v) for name, v in value.items()}
        elif key in ("enum", "const", "required"):
            out[key] = value
        elif key not in PROSE:
            out[key] = json_schema(value)
    return out


def xml_schema(node):
    for child in list(node):
        if child.tag == XS + "annotation":
            node.remove(child)
        else:
            xml_schema(child)
    node.text = "\n" if len(node) else None
    node.tail = "\n"


def main(source, target):
    if source.endswith(".json"):
        with open(source, encoding="utf-8") as f:
            schema = json_schema(json.load(f))
        with open(target, "w", encoding="utf-8") as f:
            json.dump(schema, f, indent=0, ensure_ascii=False)
            f.write("\n")
    else:
        spaces = dict(space for _, space in ET.iterparse(source, events=["start-ns"]))
        for prefix, uri in spaces.items():
            ET.register_namespace(prefix, uri)
        tree = ET.parse(source)
        xml_schema(tree.getroot())
        for prefix, uri in spaces.items():
            # Written by ElementTree only where an element or attribute is in it; types name them too.
            if uri not in (XS[1:-1], "http://www.w3.org/2007/XMLSchema-versioning"):
                tree.getroot().set("xmlns:" + prefix if prefix else "xmlns", uri)
        tree.write(target, encoding="utf-8", xml_declaration=True)


main(*sys.argv[1:])
