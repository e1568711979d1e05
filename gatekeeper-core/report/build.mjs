// Builds the script and the stylesheet that the core embeds. `--check` builds them again and compares with what is checked in.
import { build } from "esbuild";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL(".", import.meta.url));
const out = fileURLToPath(new URL("../src/output/html/", import.meta.url));

async function built(entry) {
  const result = await build({
    absWorkingDir: folder,
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: "iife",
    target: ["es2022", "chrome123", "firefox120", "safari17.5"],
    // Hashes are over bytes: what is not ASCII would depend on how the page is read.
    charset: "ascii",
    legalComments: "none",
    banner: { js: "/* With @tanstack/virtual-core (MIT) and d3 (ISC): gatekeeper-core/report/THIRD-PARTY.md */" },
    write: false,
  });
  return result.outputFiles[0].text.trim() + "\n";
}

const files = [
  ["src/main.ts", "report.js"],
  ["src/page.css", "report.css"],
];
let stale = false;
for (const [entry, name] of files) {
  const text = await built(entry);
  if (process.argv.includes("--check")) {
    if (readFileSync(out + name, "utf8") !== text) {
      console.error(`gatekeeper-core/src/output/html/${name} is not what its sources say: npm run build, and commit it`);
      stale = true;
    }
  } else {
    writeFileSync(out + name, text);
    console.log(`${name}: ${text.length} bytes`);
  }
}
process.exit(stale ? 1 : 0);
