import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { minify } from 'terser';
import { actionFolders, programsOf, readManifest } from '../sandbox/runner/manifest.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Builds what the actions run into the folder `to`: one bundle for all programs, because a runner
 * downloads all of them anyway, and a file for each program that starts it.
 */
export async function build(to: string): Promise<void> {
  rmSync(`${root}build`, { recursive: true, force: true });
  run('typescript/bin/tsc', '--project', 'tsconfig.build.json');
  // Without "type": "module", ncc builds CommonJS, which starts faster than a module.
  writeFileSync(`${root}build/src/package.json`, '{}');

  rmSync(to, { recursive: true, force: true });
  run(
    '@vercel/ncc/dist/ncc/cli.js',
    'build',
    'build/src/index.js',
    '--out',
    to,
    '--license',
    'LICENSES.txt',
  );
  writeFileSync(`${to}/index.js`, await withoutDeadCode(readFileSync(`${to}/index.js`, 'utf8')));
  writeFileSync(`${to}/package.json`, '{ "type": "commonjs" }\n');
  const manifests = await Promise.all(
    actionFolders(root).map((folder) => readManifest(root + folder)),
  );
  for (const program of manifests.flatMap(programsOf)) {
    writeFileSync(`${to}/${program}.js`, `require('./index.js')['${program}']();\n`);
  }
}

function run(bin: string, ...args: string[]): void {
  const options = { cwd: root, encoding: 'utf8' } as const;
  execFileSync(process.execPath, [`${root}node_modules/${bin}`, ...args], options);
}

/**
 * The bundle without what nothing calls, which is more than half of it, and without whitespace. For anyone
 * who reads it before they trust it, names stay, except those of what is inlined because it is short or used
 * once, and statements end with a newline instead of a semicolon. A formatter does the rest.
 *
 * Webpack marks what is unused as `null && …`, which has to be evaluated to be found dead. Getters
 * count as pure: the only ones with an effect are those of Node.js that load a module, such as
 * `fs.promises`, and the actions start sooner without it. So are calls that load a module whose result is
 * not used, `new Summary()`, which `@actions/core` calls whenever it is loaded, and `$constructor()`, which
 * makes a class of zod. The same goes for the functions that fill the enums of the toolkit, none of which is
 * used: each is the only one that fills its enum, so it need not look for an earlier one. The registry of
 * zod is left out, because our schemas have no metadata, and so is the way back from an output to its input,
 * because none is encoded.
 */
async function withoutDeadCode(bundle: string): Promise<string> {
  const pure = bundle
    .replaceAll(/\(function \((?:HttpCodes|Headers|MediaTypes|ExitCode)\)/g, '/*@__PURE__*/$&')
    .replaceAll(/(\w+) \|\| \(\1 = \{\}\)/g, '$1 = {}')
    .replace(/\(\w+ = globalThis\)\.__zod_globalRegistry \?\? .*/, '')
    .replaceAll('ctx.direction === "backward"', 'false');
  const { code = '' } = await minify(pure, {
    ecma: 2020,
    mangle: false,
    compress: {
      defaults: false,
      booleans: true,
      collapse_vars: true,
      conditionals: true,
      dead_code: true,
      evaluate: true,
      if_return: true,
      inline: 2,
      join_vars: true,
      keep_fargs: false,
      passes: 3,
      properties: true,
      pure_funcs: [
        'require',
        '__nccwpck_require__',
        '__nccwpck_require__.t',
        'Summary',
        '$constructor',
      ],
      pure_getters: true,
      reduce_vars: true,
      side_effects: true,
      toplevel: true,
      unused: true,
    },
    // Any character beyond ASCII would make Node.js store the whole text with two bytes per character.
    format: { semicolons: false, ascii_only: true, comments: false },
  });
  return `${code}\n`;
}

if (import.meta.main) await build(`${root}dist`);
