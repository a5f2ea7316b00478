// Chromium with one page: reads expressions for it from standard input, one a line, and prints what comes of each.
// It ends with its input, even while an expression is waited for.
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const [executablePath, address] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath,
  args: ["--autoplay-policy=no-user-gesture-required", "--disable-gpu", "--disable-quic", "--disable-sync"],
});
const page = await browser.newPage();
await page.goto(address);
const lines = createInterface({ input: process.stdin });
lines.on("close", () => browser.close());
for await (const line of lines) {
  const value = await page.evaluate(JSON.parse(line));
  console.log(JSON.stringify(value ?? null));
}
