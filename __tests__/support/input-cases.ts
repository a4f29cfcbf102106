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

/** Inputs, their texts in the workflow, and the values that are sent for them. */
export const ACCEPTED: [input: string, text: string, sent: unknown][] = [
  ['name', 'n'.repeat(100), 'n'.repeat(100)],
  ['name', '🎈'.repeat(100), '🎈'.repeat(100)],
  ['name', 'null', 'null'],
  ['slug', 's'.repeat(50), 's'.repeat(50)],
  ['slug', '1', '1'],
  ['slug', '2024-10-a-1', '2024-10-a-1'],
  ['description', 'd'.repeat(500), 'd'.repeat(500)],
  ['description', 'NULL', 'NULL'],
  ['description', '  one\r\n\r\n  two\n', 'one\r\n\r\n  two'],
  ['default-text-model', 'openai/gpt-5-mini:free', 'openai/gpt-5-mini:free'],
  ['default-text-model', 'null', null],
  ['default-image-model', 'null', null],
  ['default-provider-sort', 'price', 'price'],
  ['default-provider-sort', 'latency', 'latency'],
  ['default-provider-sort', 'exacto', 'exacto'],
  ['io-logging-api-key-ids', '7', [7]],
  ['io-logging-api-key-ids', '1\n2\n\n3\n', [1, 2, 3]],
  ['io-logging-api-key-ids', '1,\n 2 , 3', [1, 2, 3]],
  ['io-logging-api-key-ids', '[1, 2]', [1, 2]],
  ['io-logging-api-key-ids', '[]', []],
  ['io-logging-sampling-rate', '0.0001', 0.0001],
  ['io-logging-sampling-rate', '1E-04', 0.0001],
  ['io-logging-sampling-rate', '1', 1],
  ['is-data-discount-logging-enabled', 'true', true],
  ['is-data-discount-logging-enabled', 'True', true],
  ['is-data-discount-logging-enabled', 'TRUE', true],
  ['is-data-discount-logging-enabled', 'false', false],
  ['is-data-discount-logging-enabled', 'False', false],
  ['is-data-discount-logging-enabled', 'FALSE', false],
  ['disabled-server-tools', 'openrouter:bash', ['openrouter:bash']],
  ['disabled-server-tools', 'a, b\nc', ['a', 'b', 'c']],
  ['disabled-server-tools', '["a,b"]', ['a,b']],
  ['disabled-server-tools', 'a\rb', ['a', 'b']],
];

/** Inputs, and their names in the line that rejects them. */
const MODEL_INPUTS = [
  ['default-text-model', 'default-text-model'],
  ['default-image-model', 'default-image-model'],
  ['allowed-models', 'allowed-models (entry 1)'],
  ['ignored-models', 'ignored-models (entry 1)'],
] as const;

/** Inputs, their texts in the workflow, and the lines that reject them. */
export const REJECTED: [input: string, text: string, line: string][] = [
  ['name', '', 'name is required, and must be 1 to 100 characters'],
  ['name', ' \n', 'name is required, and must be 1 to 100 characters'],
  [
    'name',
    '🎈'.repeat(101),
    `name must be 1 to 100 characters, but has 101; given: "${'🎈'.repeat(100)}…"`,
  ],
  ['slug', '', 'slug is required, and must be 1 to 50 characters'],
  [
    'slug',
    'feature/Foo_Bar',
    `slug ${SLUG_MESSAGE}; given: "feature/Foo_Bar"; try: feature-foo-bar`,
  ],
  ['slug', 'Ünïcode', `slug ${SLUG_MESSAGE}; given: "Ünïcode"; try: unicode`],
  [
    'slug',
    'preview-',
    `slug ${SLUG_MESSAGE}; given: "preview-"; the expression at its end ${EMPTY}`,
  ],
  [
    'slug',
    'Preview_',
    `slug ${SLUG_MESSAGE}; given: "Preview_"; the expression at its end ${EMPTY}`,
  ],
  ['slug', '-web', `slug ${SLUG_MESSAGE}; given: "-web"; the expression at its beginning ${EMPTY}`],
  [
    'slug',
    'pr--web',
    `slug ${SLUG_MESSAGE}; given: "pr--web"; the expression in its middle ${EMPTY}`,
  ],
  [
    'slug',
    'pr_-web',
    `slug ${SLUG_MESSAGE}; given: "pr_-web"; the expression in its middle ${EMPTY}`,
  ],
  ['slug', 'preview/', `slug ${SLUG_MESSAGE}; given: "preview/"`],
  ['slug', '(preview)', `slug ${SLUG_MESSAGE}; given: "(preview)"`],
  ['slug', 'feature-日本語', `slug ${SLUG_MESSAGE}; given: "feature-日本語"`],
  ['slug', '***', `slug ${SLUG_MESSAGE}; given: "***"`],
  ['slug', 'a\nb', `slug ${SLUG_MESSAGE}; given: "a\\nb"; try: a-b`],
  [
    'slug',
    's'.repeat(51),
    `slug must be 1 to 50 characters, but has 51; given: "${'s'.repeat(51)}"`,
  ],
  [
    'slug',
    'default',
    'slug must not be default, because every account already has a workspace with that slug; given: "default"',
  ],
  [
    'slug',
    '550e8400-e29b-41d4-a716-446655440000',
    'slug must not look like a UUID, because the API accepts an id in place of a slug; given: "550e8400-e29b-41d4-a716-446655440000"',
  ],
  [
    'slug',
    'ffffffff-ffff-0fff-ffff-ffffffffffff',
    'slug must not look like a UUID, because the API accepts an id in place of a slug; given: "ffffffff-ffff-0fff-ffff-ffffffffffff"',
  ],
  [
    'description',
    'd'.repeat(501),
    `description must be at most 500 characters, but has 501; given: "${'d'.repeat(100)}…"`,
  ],
  ...MODEL_INPUTS.flatMap(([input, named]) =>
    ['gpt5', 'openai/', 'a/b/c', 'openai/gpt 5'].map((text): [string, string, string] => [
      input,
      text,
      `${named} must be the slug of a model, such as openai/gpt-5-mini; given: "${text}"`,
    ]),
  ),
  [
    'default-provider-sort',
    'Price',
    'default-provider-sort must be price, throughput, latency, exacto or "null"; given: "Price"; try: price',
  ],
  [
    'default-provider-sort',
    'cheapest',
    'default-provider-sort must be price, throughput, latency, exacto or "null"; given: "cheapest"',
  ],
  [
    'default-provider-sort',
    'NULL',
    'default-provider-sort must be price, throughput, latency, exacto or "null"; given: "NULL"; try: "null"',
  ],
  ['io-logging-api-key-ids', ',', `io-logging-api-key-ids ${KEY_IDS}; given: ","`],
  ['io-logging-api-key-ids', '[1, 2', `io-logging-api-key-ids ${KEY_IDS}; given: "[1, 2"`],
  [
    'io-logging-api-key-ids',
    '1, x, 2.5, 3, 9007199254740993',
    'io-logging-api-key-ids (entry 2, 3, 5) must be a whole number; given: "1, x, 2.5, 3, 9007199254740993"',
  ],
  [
    'io-logging-api-key-ids',
    '["1"]',
    'io-logging-api-key-ids (entry 1) must be a whole number; given: "[\\"1\\"]"',
  ],
  ['io-logging-sampling-rate', '0', `io-logging-sampling-rate ${RATE}; given: "0"`],
  ['io-logging-sampling-rate', '0.00001', `io-logging-sampling-rate ${RATE}; given: "0.00001"`],
  ['io-logging-sampling-rate', '1.0001', `io-logging-sampling-rate ${RATE}; given: "1.0001"`],
  ['io-logging-sampling-rate', '10%', `io-logging-sampling-rate ${RATE}; given: "10%"`],
  ['io-logging-sampling-rate', '0x1', `io-logging-sampling-rate ${RATE}; given: "0x1"`],
  ['io-logging-sampling-rate', 'NaN', `io-logging-sampling-rate ${RATE}; given: "NaN"`],
  ['io-logging-sampling-rate', 'true', `io-logging-sampling-rate ${RATE}; given: "true"`],
  ['io-logging-sampling-rate', 'null', `io-logging-sampling-rate ${RATE}; given: "null"`],
  ...(
    [
      'is-data-discount-logging-enabled',
      'is-observability-broadcast-enabled',
      'is-observability-io-logging-enabled',
    ] as const
  ).flatMap((input): [string, string, string][] => [
    [input, 'yes', `${input} must be true or false; given: "yes"; try: true`],
    [input, 'tRUE', `${input} must be true or false; given: "tRUE"; try: true`],
    [input, 'Off', `${input} must be true or false; given: "Off"; try: false`],
    [input, '0', `${input} must be true or false; given: "0"`],
    [input, '1', `${input} must be true or false; given: "1"`],
    [input, 'null', `${input} must be true or false; given: "null"`],
  ]),
  ['disabled-server-tools', '[', `disabled-server-tools ${TOOLS}; given: "["`],
  [
    'disabled-server-tools',
    '["a", 1]',
    'disabled-server-tools (entry 2) must be the name of a tool, without whitespace or quotes; given: "[\\"a\\", 1]"',
  ],
  [
    'disabled-server-tools',
    '- a\n- b',
    'disabled-server-tools (entry 1, 2) must be the name of a tool, without whitespace or quotes; given: "- a\\n- b"',
  ],
  [
    'disabled-server-tools',
    '"a",""',
    'disabled-server-tools (entry 1, 2) must be the name of a tool, without whitespace or quotes; given: "\\"a\\",\\"\\""',
  ],
  [
    'timeout',
    '60',
    'timeout has no unit; it must be a duration such as 90s, 15m, 48h or 14d; given: "60"',
  ],
  ['timeout', '1 h', `timeout ${DURATION}; given: "1 h"; try: 1h`],
  ['timeout', '1H', `timeout ${DURATION}; given: "1H"; try: 1h`],
  ['timeout', '5M', `timeout ${DURATION}; given: "5M"`],
  ['timeout', '1 0 m', `timeout ${DURATION}; given: "1 0 m"`],
  ['timeout', '1h30m', `timeout ${DURATION}; given: "1h30m"`],
  ['timeout', '-5s', `timeout ${DURATION}; given: "-5s"`],
  ['timeout', '0s', 'timeout must be from 1s to 24h; given: "0s"'],
  ['timeout', '2d', 'timeout must be from 1s to 24h; given: "2d"'],
  [
    'api-url',
    'openrouter.ai/api/v1',
    'api-url must be a URL such as https://openrouter.ai/api/v1; given: "openrouter.ai/api/v1"; try: https://openrouter.ai/api/v1',
  ],
  ['api-url', 'api/v1', `api-url ${URL_SHAPE}; given: "api/v1"`],
  ['api-url', '/api/v1', `api-url ${URL_SHAPE}; given: "/api/v1"`],
  [
    'api-url',
    'http:///api/v1',
    'api-url must begin with https, because the key is sent there; given: "http:///api/v1"',
  ],
  [
    'api-url',
    'http://openrouter.ai/api/v1',
    'api-url must begin with https, because the key is sent there; given: "http://openrouter.ai/api/v1"; try: https://openrouter.ai/api/v1',
  ],
  [
    'api-url',
    'http://127.0.0.1.example/api',
    'api-url must begin with https, because the key is sent there; given: "http://127.0.0.1.example/api"; try: https://127.0.0.1.example/api',
  ],
  [
    'api-url',
    'ftp://openrouter.ai',
    'api-url must begin with https, because the key is sent there; given: "ftp://openrouter.ai"',
  ],
  ['api-url', 'https://user:s3cret@host/v1', 'api-url must not contain a user or password'],
  [
    'api-url',
    'https://openrouter.ai/api/v1?x=1',
    'api-url must not contain ? or #; given: "https://openrouter.ai/api/v1?x=1"',
  ],
  [
    'api-url',
    'https://openrouter.ai/api/v1#',
    'api-url must not contain ? or #; given: "https://openrouter.ai/api/v1#"',
  ],
  ['management-key', 'sk-or-v1-"quoted"-0123456789', `management-key ${KEY}`],
  ['management-key', 'sk-or-v1-abc def-0123456789', `management-key ${KEY}`],
  ['management-key', 'Bearer sk-or-v1-0123456789', `management-key ${KEY}`],
  ['management-key', 'sk-or-v1-0123456789\nsecond-line', `management-key ${KEY}`],
  ['management-key', 'sk-or-v1-0123456789é', `management-key ${KEY}`],
  ['management-key', 'k3y', 'management-key is too short to be a key: a part of it may be missing'],
];
