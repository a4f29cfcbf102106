import { cpSync } from 'node:fs';

const { INPUT_NAME, INPUT_PATH, STAND_IN_SERVICE } = process.env;
cpSync(`${STAND_IN_SERVICE}.${INPUT_NAME}`, INPUT_PATH, { recursive: true });
