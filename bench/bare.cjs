// What a workflow author might write instead: the POST alone, without checks, deadline or summary.
const { appendFileSync } = require('node:fs');
const https = require('node:https');
const http = require('node:http');

const url = new URL(`${process.env['INPUT_API-URL']}/workspaces`);
const body = JSON.stringify({ name: process.env.INPUT_NAME, slug: process.env.INPUT_SLUG });
const request = (url.protocol === 'https:' ? https : http).request(
  url,
  {
    method: 'POST',
    headers: {
      authorization: `Bearer ${process.env['INPUT_MANAGEMENT-KEY']}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    },
  },
  (response) => {
    let text = '';
    response.on('data', (chunk) => {
      text += chunk;
    });
    response.on('end', () => {
      const { id, slug } = JSON.parse(text).data;
      appendFileSync(process.env.GITHUB_OUTPUT, `id=${id}\nslug=${slug}\n`);
    });
  },
);
request.end(body);
