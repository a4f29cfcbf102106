/**
 * In place of the texts of zod in 50 languages, which zod loads anew for each test file, and no action
 * uses: the bundle has none of them. See `jest.config.json`.
 */
export {};
