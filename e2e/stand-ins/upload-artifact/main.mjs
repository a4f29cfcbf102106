import { cpSync } from 'node:fs';

const { INPUT_NAME, INPUT_PATH, STAND_IN_SERVICE } = process.env;
// Fails if there is no such folder.
cpSync(INPUT_PATH, `${STAND_IN_SERVICE}.${INPUT_NAME}`, { recursive: true });
