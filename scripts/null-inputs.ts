import { isMap, isScalar, LineCounter, parseDocument, visit } from 'yaml';

/** The `uses:` of our actions, at any ref or in this repository. */
const OUR_ACTIONS = /^(?:OWNER\/openrouter-workspace(?:\/\w+)?@.+|\.\/(?:\w+\/?)?)$/;

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
      if (typeof uses !== 'string' || !OUR_ACTIONS.test(uses) || !isMap(inputs)) return;
      for (const { key, value } of inputs.items) {
        if (!isScalar(key) || (isScalar(value) ? value.value : value) !== null) continue;
        const { line, col } = lines.linePos(key.range?.[0] ?? 0);
        findings.push(`${line}:${col}: ${key.value} ${IS_NULL}`);
      }
    },
  });
  return findings;
}
