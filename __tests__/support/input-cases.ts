import { MAX_LENGTH } from '../../sandbox/openrouter/resources/workspaces.ts';
import { inputName } from '../../src/inputs/read-inputs.ts';
import { WORKSPACE_FIELDS } from '../../src/openrouter/resources/workspaces.ts';
import { given, type Rejected } from './read-inputs.ts';

/** Inputs of a create step, valid and invalid. */

const KEY_IDS =
  'must be a list of whole numbers: one per line, separated by commas, or a JSON array';
const TOOLS = 'must be a list of names: one per line, separated by commas, or a JSON array';
const RATE = 'must be a number from 0.0001 to 1';
const SLUG_MESSAGE = 'must consist of lower-case letters and digits, separated by single hyphens';
const EMPTY =
  'was probably empty: on push, github.event.number, github.event.pull_request.number and github.head_ref are empty';
const DURATION = 'must be a duration such as 90s, 15m, 48h or 14d';
const URL_SHAPE = 'must be a URL such as https://openrouter.ai/api/v1';
const KEY = 'must be the key alone: no whitespace, no quotes, no "Bearer"';

/** The longest texts that OpenRouter accepts. */
const LONGEST = {
  name: '🎈'.repeat(MAX_LENGTH.name),
  slug: 's'.repeat(MAX_LENGTH.slug),
  description: 'd'.repeat(MAX_LENGTH.description),
};

/** Inputs, their texts in the workflow, and the values that are sent for them. */
export const ACCEPTED: [input: string, text: string, sent: unknown][] = [
  ['name', LONGEST.name, LONGEST.name],
  ['name', 'null', 'null'],
  ['slug', LONGEST.slug, LONGEST.slug],
  ['slug', '1', '1'],
  ['description', LONGEST.description, LONGEST.description],
  ['description', 'NULL', 'NULL'],
  ['description', '  one\r\n\r\n  two\n', 'one\r\n\r\n  two'],
  ['default-text-model', 'openai/gpt-5-mini:free', 'openai/gpt-5-mini:free'],
  ['default-text-model', 'null', null],
  ['default-provider-sort', 'price', 'price'],
  ['io-logging-api-key-ids', '7', [7]],
  ['io-logging-api-key-ids', '1\n2\n\n3\n', [1, 2, 3]],
  ['io-logging-api-key-ids', '[]', []],
  ['io-logging-sampling-rate', '0.0001', 0.0001],
  ['io-logging-sampling-rate', '1', 1],
  ['is-data-discount-logging-enabled', 'true', true],
  ['is-data-discount-logging-enabled', 'false', false],
  ['disabled-server-tools', 'a, b\nc', ['a', 'b', 'c']],
  ['disabled-server-tools', '["a,b"]', ['a,b']],
  ['disabled-server-tools', 'a\rb', ['a', 'b']],
];

/** Inputs for models, as the lines that reject them begin. */
const MODEL_INPUTS = [
  ...WORKSPACE_FIELDS.filter((field) => field.endsWith('_model')).map(inputName),
  'allowed-models (entry 1)',
  'ignored-models (entry 1)',
];
const MODEL = 'must be the slug of a model, such as openai/gpt-5-mini';

const slug = (text: string, note?: string) => given('slug', text, SLUG_MESSAGE, note);
const slugWithStray = (text: string, where: string) =>
  slug(text, `; the expression ${where} ${EMPTY}`);
const tooLong = (input: keyof typeof LONGEST, bounds: string) => {
  const message = `must be ${bounds} characters, but has ${MAX_LENGTH[input] + 1}`;
  return given(input, LONGEST[input].replace(/./u, '$&$&'), message);
};
const LIKE_UUID = 'must not look like a UUID, because the API accepts an id in place of a slug';
const WHOLE = 'must be a whole number';
const SORT = 'must be price, throughput, latency, exacto or "null"';
const TOOL = 'must be the name of a tool, without whitespace or quotes';
const HTTPS = 'must begin with https, because a secret is sent there';
const NO_QUERY = 'must not contain ? or #';
const BOOLEAN = 'must be true or false';
const BOOLEANS = [
  'is-data-discount-logging-enabled',
  'is-observability-broadcast-enabled',
  'is-observability-io-logging-enabled',
];

/** Inputs, their texts in the workflow, and the lines that reject them. */
export const REJECTED: Rejected[] = [
  ['name', '', `name is required, and must be 1 to ${MAX_LENGTH.name} characters`],
  tooLong('name', `1 to ${MAX_LENGTH.name}`),
  ['slug', '', 'slug or slug-from is required'],
  slug('feature/Foo_Bar', '; try: feature-foo-bar'),
  slug('Ünïcode', '; try: unicode'),
  slugWithStray('preview-', 'at its end'),
  slugWithStray('-web', 'at its beginning'),
  slugWithStray('pr--web', 'in its middle'),
  slug('feature-日本語'),
  tooLong('slug', `1 to ${MAX_LENGTH.slug}`),
  given(
    'slug',
    'default',
    'must not be default, because every account already has a workspace with that slug',
  ),
  given('slug', '550e8400-e29b-41d4-a716-446655440000', LIKE_UUID),
  tooLong('description', `at most ${MAX_LENGTH.description}`),
  ...MODEL_INPUTS.flatMap((named) =>
    ['gpt5', 'openai/', 'a/b/c', 'openai/gpt 5'].map((text) => given(named, text, MODEL)),
  ),
  given('default-provider-sort', 'Price', SORT, '; try: price'),
  given('default-provider-sort', 'cheapest', SORT),
  given('default-provider-sort', 'NULL', SORT, '; try: "null"'),
  given('io-logging-api-key-ids', ',', KEY_IDS),
  given('io-logging-api-key-ids (entry 2, 3, 5)', '1, x, 2.5, 3, 9007199254740993', WHOLE),
  ...['0.00001', '1.0001', '10%', 'null'].map((text) =>
    given('io-logging-sampling-rate', text, RATE),
  ),
  ...BOOLEANS.flatMap((input) => [given(input, 'yes', BOOLEAN), given(input, '0', BOOLEAN)]),
  given('disabled-server-tools', '[', TOOLS),
  given('disabled-server-tools (entry 2)', '["a", 1]', TOOL),
  given('disabled-server-tools (entry 1, 2)', '"a",""', TOOL),
  given('timeout', '60', DURATION),
  given('timeout', '1 h', DURATION),
  given('timeout', '0s', 'must be from 1s to 24h'),
  given('timeout', '2d', 'must be from 1s to 24h'),
  given('api-url', 'openrouter.ai/api/v1', URL_SHAPE, '; try: https://openrouter.ai/api/v1'),
  given('api-url', '/api/v1', URL_SHAPE),
  given('api-url', 'http://openrouter.ai/api/v1', HTTPS, '; try: https://openrouter.ai/api/v1'),
  given('api-url', 'http://127.0.0.1.example/api', HTTPS, '; try: https://127.0.0.1.example/api'),
  given('api-url', 'ftp://openrouter.ai', HTTPS),
  ['api-url', 'https://user:s3cret@host/v1', 'api-url must not contain a user or password'],
  given('api-url', 'https://openrouter.ai/api/v1?x=1', NO_QUERY),
  given('api-url', 'https://openrouter.ai/api/v1#', NO_QUERY),
  ['management-key', 'sk-or-v1-"quoted"-0123456789', `management-key ${KEY}`],
  ['management-key', 'Bearer sk-or-v1-0123456789', `management-key ${KEY}`],
  ['management-key', 'sk-or-v1-0123456789\nsecond-line', `management-key ${KEY}`],
];
