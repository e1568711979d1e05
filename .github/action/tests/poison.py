"""Bundles that nobody but an attacker writes."""

import copy
import gzip
import hashlib
import io
import json
import tarfile


def parts(bundle):
    """The entries of a good bundle: (name, bytes)."""
    with tarfile.open(bundle, "r:gz") as archive:
        return [(m.name, archive.extractfile(m).read()) for m in archive]


def info(name, kind=tarfile.REGTYPE, link="", size=0):
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname, entry.size = kind, link, size
    return entry


def packed(entries, form=tarfile.USTAR_FORMAT):
    """An archive of (TarInfo or name, bytes)."""
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as stream:
        for name, data in entries:
            entry = name if isinstance(name, tarfile.TarInfo) else info(name, size=len(data))
            stream.write(entry.tobuf(form))
            stream.write(data + b"\0" * (-len(data) % 512))
        stream.write(b"\0" * 1024)
    return out.getvalue()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def made(manifest, verdict, files):
    """A bundle that is right by itself: digests and sizes are made to fit."""
    verdict = json.dumps(verdict).encode() if not isinstance(verdict, bytes) else verdict
    manifest = {**manifest, "verdict": {"sha256": sha256(verdict), "size": len(verdict)}}
    blobs = sorted((f"sha256/{sha256(data)}", data) for data in files)
    return packed([("gatekeeper-bundle.json", json.dumps(manifest).encode()), ("verdict.json", verdict), *blobs])


def poisons(good):
    """By name: a bundle, and words of the reason for which it is not trusted."""
    entries = parts(good)
    manifest, verdict = json.loads(entries[0][1]), json.loads(entries[1][1])
    files = [data for _, data in entries[2:]]
    whole = good.read_bytes()

    def with_manifest(change):
        changed = copy.deepcopy(manifest)
        change(changed)
        return made(changed, verdict, files)

    def with_verdict(change):
        changed = copy.deepcopy(verdict)
        change(changed)
        return made(manifest, changed, files)

    def inserted(*more, at=2):
        return packed(entries[:at] + list(more) + entries[at:])

    def path(text):
        return with_manifest(lambda m: m["files"][0].update(path=text))

    def forged(v):
        v.update(status="pass", exit_code=0)
        for gate in v["gates"]:
            gate.update(status="pass", blocking=False)

    bomb = b" " * (300 << 20)
    out = {
        "zip slip in the archive": (inserted(("../../../escaped", b"x")), "expected the entry"),
        "absolute name in the archive": (inserted(("/tmp/escaped", b"x")), "expected the entry"),
        "zip slip in the manifest": (path("../../../escaped"), "leaves its folder"),
        "absolute path": (path("/tmp/escaped"), "is absolute"),
        "a drive": (path("C:/escaped"), "is absolute"),
        "backslashes": (path("..\\..\\escaped"), "a backslash"),
        "symbolic link": (inserted((info("sha256/l", tarfile.SYMTYPE, "/etc/passwd"), b"")), "a symbolic link"),
        "hard link": (inserted((info("sha256/l", tarfile.LNKTYPE, "verdict.json"), b"")), "a hard link"),
        "device": (inserted((info("sha256/d", tarfile.CHRTYPE), b"")), "a device"),
        "pipe": (inserted((info("sha256/p", tarfile.FIFOTYPE), b"")), "a pipe"),
        "folder": (inserted((info("sha256/d", tarfile.DIRTYPE), b"")), "a folder"),
        "extended header": (packed([(info("x", tarfile.XHDTYPE, size=20), b"20 path=../escaped\n\n"), *entries]), "an extension"),
        "a name twice": (inserted(entries[1], at=2), "expected the entry"),
        "evidence twice": (packed([*entries, entries[-1]]), "no entry that the manifest does not name"),
        "a number of a pull request beside it": (packed([*entries, ("pr-number.txt", b"1")]), "no entry that"),
        "a number of a pull request in the manifest": (with_manifest(lambda m: m.update(pull_request=1)), "a bundle's manifest"),
        "names that differ in case": (
            with_manifest(lambda m: m["files"].append({**m["files"][0], "path": m["files"][0]["path"].upper()}) or m["files"].sort(key=lambda f: f["path"])),
            "whatever the case",
        ),
        "2 GB that are not there": (packed([(info("gatekeeper-bundle.json", size=2 << 30), b"")]), "2147483648 bytes"),
        "2 GB in the manifest": (with_manifest(lambda m: m["files"][0].update(size=2 << 30)), "2147483648 bytes"),
        "a bomb behind the end": (gzip.compress(gzip.decompress(whole) + bomb, compresslevel=1, mtime=0), ""),
        "a bomb": (made({**manifest, "files": [{**manifest["files"][0], "sha256": sha256(bomb), "size": len(bomb)}]}, verdict, [bomb]), "bytes"),
        "too many": (with_manifest(lambda m: m.update(files=m["files"] * 10_001)), "10000 at most"),
        "other evidence": (made(manifest, verdict, [files[0] + b" ", *files[1:]]), "expected the entry"),
        "forged digest": (with_manifest(lambda m: m["files"][0].update(sha256="0" * 64)), "expected the entry"),
        "forged digest in the verdict": (with_verdict(lambda v: v["evidence"][0].update(sha256="0" * 64)), "no longer what was judged"),
        "forged commit": (with_verdict(lambda v: v["context"].update(commit="b2" * 20)), "it is for the commit b2b2"),
        "no commit": (with_verdict(lambda v: v.pop("context")), "does not know its commit"),
        "another status": (with_verdict(lambda v: v["gates"][0].update(status="fail")), "gates come to"),
        "no gates": (with_verdict(lambda v: v.update(gates=[])), "is not among those that were judged"),
        "no verdict": (made(manifest, b"{}", files), "expected a verdict"),
        "a deep verdict": (made(manifest, b'{"a":' * 5000 + b"1" + b"}" * 5000, files), "expected a verdict"),
        "cut off": (whole[: len(whole) // 2], "cut off or damaged"),
        "its last byte lacks": (whole[:-1], "cut off or damaged"),
        "two in one": (whole + whole, "nothing after"),
        "a zip": (b"PK\x03\x04" + whole, "is no bundle"),
        "empty": (b"", "is empty"),
        "a text": (b"::set-output name=status::pass\n", "is no bundle"),
    }
    return out, forged
