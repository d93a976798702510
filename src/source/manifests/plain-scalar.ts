/**
 * What a plain scalar means: YAML 1.2 section 10.3.2 (the core schema).
 */

const NULL = /^(?:~|null|Null|NULL)?$/;
const TRUE = /^(?:true|True|TRUE)$/;
const FALSE = /^(?:false|False|FALSE)$/;
const DECIMAL = /^[-+]?[0-9]+$/;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const OCTAL_OR_HEXADECIMAL = /^0(?:o[0-7]+|x[0-9a-fA-F]+)$/;
const INFINITE = /^[-+]?\.(?:inf|Inf|INF)$/;
const NOT_A_NUMBER = /^\.(?:nan|NaN|NAN)$/;
/** Every scalar that is not text begins with one of these, or is empty. */
const FIRST_OF_OTHERS = new Set('0123456789+-.~nNtTfF');

/** Gives the null, boolean, number or text that a plain scalar stands for. */
export function parsePlainScalar(text: string): string | number | boolean | null {
  if (text !== '' && !FIRST_OF_OTHERS.has(text[0])) return text;
  if (DECIMAL.test(text) || FLOAT.test(text) || OCTAL_OR_HEXADECIMAL.test(text))
    return Number(text);
  if (NULL.test(text)) return null;
  if (TRUE.test(text)) return true;
  if (FALSE.test(text)) return false;
  if (NOT_A_NUMBER.test(text)) return Number.NaN;
  if (INFINITE.test(text)) return text[0] === '-' ? -Infinity : Infinity;
  return text;
}
