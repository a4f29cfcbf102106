import { expect, test } from '@jest/globals';
import { isRead } from '../../src/http/request.ts';
import { extractServerMessage } from '../../src/http/response.ts';

const MAX = 16 * 1024;

test.each<[string, string, string | undefined]>([
  ['error.message', '{"error":{"message":"No"},"message":"Other"}', 'No'],
  ['message', '{"message":"No","error":"Other"}', 'No'],
  ['error', '{"error":"No"}', 'No'],
  ['message if error.message is empty', '{"error":{"message":""},"message":"No"}', 'No'],
  ['message if error.message is a number', '{"error":{"message":5},"message":"No"}', 'No'],
  ['the text of a web page', '<h1>Bad\n gateway</h1><p>cloudflare</p>', 'Bad gateway cloudflare'],
  ['a page without its scripts', '<style>a{}</style><script>x("<p>")</script>No', 'No'],
  ['a plain text', '  No \n', 'No'],
  ['nothing of an empty body', '', undefined],
  ['nothing of a page without text', '<html></html>', undefined],
  ['nothing of null', 'null', undefined],
  ['nothing of a JSON text', '"No"', undefined],
  ['nothing of an error that is null', '{"error":null}', undefined],
  ['nothing of a number', '{"error":500}', undefined],
])('the message of an error response is %s', (_, body, message) => {
  expect(extractServerMessage(body)).toBe(message);
});

test.each([
  ['a page', (text: string) => text],
  ['JSON', (message: string) => JSON.stringify({ message })],
])('no more than 16 KiB are read of the message in %s', (_, toBody) => {
  expect(extractServerMessage(toBody('x'.repeat(MAX + 1)))).toBe('x'.repeat(MAX));
});

test.each([
  ['a GET', { method: 'GET' }, true],
  ['a POST that only reads', { method: 'POST', readOnly: true }, true],
  ['another POST', { method: 'POST' }, false],
  ['a POST that is said to write', { method: 'POST', readOnly: false }, false],
] as const)('whether %s changes nothing is known', (_, facts, expected) => {
  expect(isRead(facts)).toBe(expected);
});
