import { isMap, isScalar, LineCounter, parseDocument, visit } from 'yaml';

/** What the `uses:` of our actions begins with, unless it is a path in this repository. */
const OUR_ACTIONS = ['OWNER/openrouter-workspace@', 'OWNER/openrouter-workspace/'];
const OUR_PATHS = /^\.\/(?:\w+\/?)?$/;

const IS_NULL =
  'is a null without quotes, which GitHub turns into an empty input: write "null" to clear the field, or leave the input out';

/**
 * Finds inputs of our actions in a workflow whose value is a YAML null: `null`, `~`, or nothing.
 * GitHub turns it into an empty input, and the step succeeds without effect. Returns a
 * `line:column: message` for each.
 */
export function findNullInputs(text: string): string[] {
  const lines = new LineCounter();
  const findings: string[] = [];
  visit(parseDocument(text, { lineCounter: lines }), {
    Map(_key, step) {
      const [uses, inputs] = [step.get('uses'), step.get('with')];
      if (typeof uses !== 'string' || !isOurs(uses) || !isMap(inputs)) return;
      for (const { key, value } of inputs.items) {
        if (!isScalar(key) || (isScalar(value) ? value.value : value) !== null) continue;
        const { line, col } = lines.linePos(key.range?.[0] ?? 0);
        findings.push(`${line}:${col}: ${key.value} ${IS_NULL}`);
      }
    },
  });
  return findings;
}

function isOurs(uses: string): boolean {
  return OUR_PATHS.test(uses) || OUR_ACTIONS.some((start) => uses.startsWith(start));
}
