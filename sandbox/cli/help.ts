import type { ActionManifest } from '../runner/manifest.ts';
import { describeOptions, HELP, type Options } from './arguments.ts';
import { ACCOUNT_OPTIONS } from './contents.ts';
import { SCENES, type Scene } from './scenes.ts';
import { breakLine, terminalWidth } from './terminal.ts';

/** The options of `npm start` besides the inputs of the action. */
export const START_OPTIONS = {
  ...ACCOUNT_OPTIONS,
  'max-tokens': {
    type: 'string',
    value: 'N',
    description:
      'Each job with an API key also asks a model for a response of so many tokens, at 15 USD a million, and shows what OpenRouter responds.',
  },
  preview: {
    type: 'boolean',
    description: 'Also writes the job summary as GitHub renders it, into a page for a browser.',
  },
  ...HELP,
} as const satisfies Options;

/** An action that `npm start` can run. */
export interface Example {
  name: string;
  scene: Scene;
  manifest: ActionManifest;
}

/** The help of `npm start -- NAME`. */
export function helpOf({ name, scene, manifest }: Example): string {
  const lines = [
    commandOf(name, '[options]'),
    '',
    `Runs the ${scene.folder || 'create'} action in a sandbox, and shows what a workflow author sees on GitHub, then the requests of the action.`,
    '',
    `${manifest.description}.`,
    `The example: ${scene.description}`,
    '',
    'Other examples:',
    ...Object.keys(SCENES)
      .filter((other) => other !== name)
      .map((other) => `  ${commandOf(other)}: ${SCENES[other]?.description}`),
    '',
    'Variants:',
    ...Object.entries(scene.variants).map(([args, what]) => `  ${commandOf(name, args)}: ${what}`),
    '',
    'Options:',
    ...describeOptions(withNotes(START_OPTIONS, (option) => contentsNote(option, scene))),
    '',
    'Inputs. An empty value removes one. Use no real management key: npm prints its command line.',
    ...(takesNull(manifest)
      ? ['Only a workflow needs the quotes of "null": here, write null without them.']
      : []),
    ...describeOptions(
      withNotes(inputOptions(manifest), (input) => inputNote(input, scene, manifest)),
    ),
  ];
  const width = terminalWidth();
  return lines.flatMap((line) => breakLine(line, width)).join('\n');
}

/** Whether an input can be null. */
function takesNull({ inputs = {} }: ActionManifest): boolean {
  return Object.values(inputs).some(({ description }) => description?.includes('"null"'));
}

/** An option for each input. */
export function inputOptions({ inputs = {} }: ActionManifest): Options {
  return Object.fromEntries(
    Object.entries(inputs).map(([input, { description }]) => [
      input,
      { type: 'string', value: 'VALUE', description },
    ]),
  );
}

function withNotes(options: Options, noteFor: (name: string) => string | undefined): Options {
  return Object.fromEntries(
    Object.entries(options).map(([name, { description, ...option }]) => [
      name,
      { ...option, description: [description, noteFor(name)].filter(Boolean).join(' ') },
    ]),
  );
}

/** What the example has already of what an option is about. */
function contentsNote(option: string, { contents }: Scene): string | undefined {
  const [, value] = Object.entries(contents).find(([name]) => name === option) ?? [];
  const text = [value || []].flat().join(', ');
  return text === '' ? undefined : `In the example: ${text}`;
}

/** What an input does here. */
const INPUT_NOTES: Readonly<Record<string, string>> = {
  'api-url':
    'By default, a sandbox of its own. With a URL, the action runs against that server, such as the one of npm run sandbox, and what it does there stays. On another machine, it has only the inputs of the command line.',
  'management-key':
    'By default, that of the sandbox. With --api-url, the variable OPENROUTER_MANAGEMENT_KEY.',
};

/** What the example sets an input to, or else its default. */
function inputNote(input: string, scene: Scene, { inputs = {} }: ActionManifest) {
  const note = INPUT_NOTES[input];
  if (note !== undefined) return note;
  const value = scene.inputs[input];
  if (value !== undefined) return `In the example: ${value}`;
  const byDefault = inputs[input]?.default;
  return byDefault === undefined ? undefined : `Default: ${byDefault}`;
}

/** The example after this one. */
export function nextExample({ name }: Pick<Example, 'name'>): string {
  const names = Object.keys(SCENES);
  const next = names[(names.indexOf(name) + 1) % names.length] as string;
  return `${commandOf(next)}: ${SCENES[next]?.description}`;
}

/** What changes an example. */
export function changesOf({ name, scene }: Pick<Example, 'name' | 'scene'>): string[] {
  const [variant] = Object.entries(scene.variants);
  return [
    ...(variant ? [`${commandOf(name, variant[0])}: ${variant[1]}`] : []),
    `${helpCommand(name)}: all examples and options`,
  ];
}

/** The command that runs the action `name`. */
export function commandOf(name: string, args = ''): string {
  const parts = [name === 'create' ? '' : name, args].filter(Boolean);
  return ['npm start', ...(parts.length > 0 ? ['--', ...parts] : [])].join(' ');
}

/** The command that lists what can be changed of the action `name`. */
export function helpCommand(name: string): string {
  return commandOf(name, '--help');
}
