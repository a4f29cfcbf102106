import { data, isDescriptionDictionary } from '@actions/expressions';
import { registerLogger, type ValidationConfig, validate } from '@actions/languageservice';
import {
  type ActionMetadata,
  actionIdentifier,
  parseActionReference,
} from '@actions/languageservice/action';
import { isActionStep } from '@actions/workflow-parser/model/type-guards';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { isPair, isScalar, parse, parseDocument, visit } from 'yaml';

/** The text of each known `action.yml`, by `uses:`. */
type Actions = Readonly<Record<string, string>>;

// The service logs its own failures and then finds nothing, as in a valid file.
registerLogger({
  error(message) {
    throw new Error(message);
  },
  warn() {},
  info() {},
  log() {},
});

/**
 * The findings of GitHub's language service in a workflow, as `line:column: message`. It also checks
 * the inputs and outputs of steps that use one of `actions`.
 */
export function checkWorkflow(text: string, actions: Actions): Promise<string[]> {
  const known = new Map(
    Object.entries(actions).map(([uses, manifest]) => {
      const metadata: ActionMetadata = parse(manifest);
      return [identify(toRemote(uses)), { ...metadata, inputs: metadata.inputs ?? {} }] as const;
    }),
  );
  return check('.github/workflows/workflow.yml', withRemoteUses(text, actions), {
    actionsMetadataProvider: {
      // Undefined would be reported as an action that does not exist. One without inputs is not.
      fetchActionMetadata: async (action) =>
        known.get(actionIdentifier(action)) ?? { name: '', description: '' },
    },
    contextProviderConfig: {
      getContext: async (name, steps, { job }) => {
        if (name !== 'steps' || !job || !steps) return undefined;
        for (const step of job.steps) {
          const metadata = isActionStep(step) && known.get(identify(step.uses.value));
          const context = steps.get(step.id);
          const outputs = context && isDescriptionDictionary(context) && context.get('outputs');
          if (!metadata || !outputs || !isDescriptionDictionary(outputs)) continue;
          for (const output of Object.keys(metadata.outputs ?? {})) {
            outputs.add(output, new data.Null());
          }
          outputs.complete = true;
        }
        return steps;
      },
    },
  });
}

/** The findings of GitHub's language service in an `action.yml`, as `line:column: message`. */
export function checkAction(text: string): Promise<string[]> {
  return check('action.yml', text);
}

let documents = 0;

async function check(path: string, text: string, config?: ValidationConfig): Promise<string[]> {
  documents += 1;
  // The service caches by URI.
  const uri = `file:///${documents}/${path}`;
  const document = TextDocument.create(uri, 'yaml', 1, text);
  const findings = await validate(document, config);
  return findings.map(({ message, range: { start } }) => {
    const [summary] = (typeof message === 'string' ? message : message.value).split('\n', 1);
    return `${start.line + 1}:${start.character + 1}: ${summary}`;
  });
}

function identify(uses: string): string {
  const reference = parseActionReference(uses);
  return reference ? actionIdentifier(reference) : uses;
}

/** A local action as OWNER/NAME@REF: the service requests no metadata of local actions. */
function toRemote(uses: string): string {
  return uses.startsWith('./') ? `local/action/${uses.slice(2)}@local` : uses;
}

function withRemoteUses(text: string, actions: Actions): string {
  let result = '';
  let end = 0;
  visit(parseDocument(text), {
    Scalar(_key, { value, range }, path) {
      const pair = path.at(-1);
      if (typeof value !== 'string' || !range || !Object.hasOwn(actions, value)) return;
      if (!isPair(pair) || !isScalar(pair.key) || pair.key.value !== 'uses') return;
      result += text.slice(end, range[0]) + toRemote(value);
      end = range[1];
    },
  });
  return result + text.slice(end);
}
