/**
 * Draws the job summary of each action, as GitHub shows it, from a real run in the sandbox, into
 * docs/pictures: `npm run pictures`. An SVG holds the summary itself, so no browser is needed.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { seedWorkspace } from '../sandbox/openrouter/seed.ts';
import { startSandbox } from '../sandbox/openrouter/server.ts';
import { runStep } from '../sandbox/runner/runner.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const DAY = 86_400_000;
const HOUR = 3_600_000;
const MINUTE = 60_000;
const WIDTH = 860;

const sandbox = await startSandbox();
mkdirSync(`${root}docs/pictures`, { recursive: true });

await draw('create', '', {
  name: 'Preview of pull request 42',
  slug: 'preview-42',
  'default-text-model': 'openai/gpt-5-mini',
  'guardrail-limit-usd': '5',
  'guardrail-limit-reset': 'daily',
});
await draw('key', 'key', { workspace: 'preview-42', 'limit-usd': '5', 'expires-in': '1h' });
seedWorkspace(sandbox, { slug: 'preview-43', name: 'Preview of pull request 43', keys: 2 });
await draw('delete', 'delete', { workspace: 'preview-43', 'delete-keys': 'true' });
const ages = { 'preview-7': 31 * DAY, 'preview-main': 200 * DAY, 'preview-41': 30 * HOUR };
for (const [slug, age] of Object.entries(ages)) seedWorkspace(sandbox, { slug, age: age + MINUTE });
seedWorkspace(sandbox, { slug: 'preview-12', age: 19 * DAY + MINUTE, keys: 1 });
await draw('sweep', 'sweep', {
  'slug-pattern': 'preview-*',
  'older-than': '14d',
  keep: 'preview-main',
});
await sandbox.close();

async function draw(name: string, folder: string, inputs: Record<string, string>): Promise<void> {
  const { summary } = await runStep({
    action: join(root, folder),
    with: { 'management-key': sandbox.managementKey, 'api-url': sandbox.url, ...inputs },
  });
  writeFileSync(`${root}docs/pictures/${name}.svg`, pictureOf(summary));
}

function pictureOf(summary: string): string {
  const linesOf = (html: string) => Math.ceil(html.replace(/<[^>]*>/g, '').length / 105);
  const rows = [...summary.matchAll(/<tr>.*<\/tr>/g)].map(([html]) => 14 + 21 * linesOf(html));
  const paragraphs = [...summary.matchAll(/<p>.*<\/p>/g)].map(([html]) => 16 + 21 * linesOf(html));
  const height = [...rows, ...paragraphs].reduce((sum, part) => sum + part, 90);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}">
<title>A job summary</title>
<style>
div { font: 14px/1.5 -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif; color: #1f2328; background: #fff; border: 1px solid #d1d9e0; border-radius: 6px; padding: 8px 16px; height: ${height - 20}px; overflow: hidden }
h3 { font-size: 20px; margin: 8px 0 16px }
p { margin: 0 0 16px }
a { color: #0969da; text-decoration: none }
table { border-collapse: collapse }
td, th { border: 1px solid #d1d9e0; padding: 6px 13px; text-align: left }
th { text-align: center; font-weight: 600 }
td:not(:last-child) { white-space: nowrap }
tr:nth-child(odd) { background: #f6f8fa }
code { font: 85% ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; background: #818b981f; border-radius: 6px; padding: .2em .4em }
</style>
<foreignObject width="100%" height="100%">
<div xmlns="http://www.w3.org/1999/xhtml">
${summary.trim().replaceAll('<br>', '<br/>')}
</div>
</foreignObject>
</svg>
`;
}
