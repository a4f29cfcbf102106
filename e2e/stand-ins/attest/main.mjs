import { createHash } from 'node:crypto';
import { globSync, readFileSync, writeFileSync } from 'node:fs';

const { env } = process;
const bill = env['INPUT_SBOM-PATH'];
if (bill) JSON.parse(readFileSync(bill, 'utf8'));

const service = JSON.parse(readFileSync(env.STAND_IN_SERVICE, 'utf8'));
for (const pattern of env['INPUT_SUBJECT-PATH'].trim().split('\n')) {
  const files = globSync(pattern);
  if (files.length === 0) throw new Error(`No file matches ${pattern}`);
  for (const file of files) {
    service.attestations.push({
      digest: createHash('sha256').update(readFileSync(file)).digest('hex'),
      workflow: `${env.GITHUB_REPOSITORY}/.github/workflows/release.yml`,
      ref: env.GITHUB_REF,
      commit: env.GITHUB_SHA,
    });
  }
}
writeFileSync(env.STAND_IN_SERVICE, JSON.stringify(service));
