import { apiErrorCodes } from './describe-api-error.ts';
import { INTERNAL_ERROR } from './describe-error.ts';
import { failureCodes } from './describe-failure.ts';
import { warningCodes } from './describe-warning.ts';

/** Every code that an annotation can have. Each has a section of `docs/troubleshooting.md`. */
export function allCodes(): ReadonlySet<string> {
  return new Set([...failureCodes(), ...warningCodes(), ...apiErrorCodes(), INTERNAL_ERROR]);
}
