import { expect, test } from '@jest/globals';
import { adviseOnKeyLeft } from '../../../src/actions/key/failures.ts';
import { toUsd, type Usd } from '../../../src/lib/usd.ts';

const EXPIRY = '2026-01-01T06:00:00.417Z';
const URL = 'https://openrouter.ai/workspaces/preview-42';

type Limits = { limit?: Usd; limit_reset?: 'daily' };

const advise = (
  limits: Limits,
  {
    expiresAt = EXPIRY,
    ...task
  }: { expiresAt?: string | null; isDisabled?: boolean; mayHaveOrphans?: boolean } = {},
) =>
  adviseOnKeyLeft(
    {
      workspace: { id: '0f1e', slug: 'preview-42' },
      desired: { name: 'CI', workspace_id: '0f1e', expires_at: expiresAt, ...limits },
      created: { hash: '1c96', label: 'sk-or-v1-0e6...1c96', name: 'CI', expiresAt },
      afterJob: 'ends',
      replaced: [],
      mayHaveOrphans: false,
      ...task,
    },
    'delete',
  );

test.each<[Limits, string | null, string]>([
  [
    { limit: toUsd(5) },
    EXPIRY,
    'can spend at most $5.00 at OpenRouter until 1 Jan 2026 06:00 UTC; then it expires.',
  ],
  [
    { limit: toUsd(5), limit_reset: 'daily' },
    EXPIRY,
    'can spend at most $5.00 daily at OpenRouter until 1 Jan 2026 06:00 UTC; then it expires.',
  ],
  [{}, EXPIRY, 'can spend without a limit of its own until 1 Jan 2026 06:00 UTC; then it expires.'],
  [{ limit: toUsd(5) }, null, 'can spend at most $5.00 at OpenRouter. It never expires.'],
])(
  'a key that could not be ended may spend by its limit and its expiry: %j, %j',
  (limits, expiresAt, rest) => {
    expect(advise(limits, { expiresAt })).toEqual({
      lines: [
        `The API key may still work, and ${rest}`,
        `To end it now, delete it at OpenRouter: ${URL}`,
      ],
      details: ['Hash of the API key sk-or-v1-0e6...1c96: 1c96'],
    });
  },
);

test('a key that is disabled is not said to spend, and what else is left comes last', () => {
  const advice = advise({ limit: toUsd(5) }, { isDisabled: true, mayHaveOrphans: true });
  expect(advice?.lines).toEqual([
    'The API key is disabled.',
    `To remove it now, delete it at OpenRouter: ${URL}`,
    'May still exist at OpenRouter: an API key named "CI" whose secret was lost, expires at 1 Jan 2026 06:00 UTC.',
  ]);
});
