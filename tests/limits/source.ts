// Numbers as they stand in the C++ source: constants, members with a default, options of the command line. Durations are in milliseconds,
// sizes in bytes.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Value {
  /** Where it stands. */
  where: string;
  read: () => number;
}

export const KILO = 1024;
export const MEGA = KILO * KILO;
export const GIGA = KILO * MEGA;
export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const files = new Map<string, string>();
/** Without its comments. An absolute path is a system header. */
function source(file: string): string {
  let text = files.get(file);
  if (text === undefined) {
    text = readFileSync(file.startsWith('/') ? file : join(ROOT, file), 'utf8').replace(/\/\/.*$|\/\*[^]*?\*\//gm, '');
    files.set(file, text);
  }
  return text;
}

const DURATIONS: Record<string, number> = { milliseconds: 1, seconds: SECOND, minutes: MINUTE, hours: HOUR };
const TOKEN = /\s*(?:(\d[\d']*(?:\.\d+)?)[uUlL]*|(?:std::chrono::)?(milliseconds|seconds|minutes|hours)(?=[({])|(std::(?:size_t|u?int64_t))(?=\{)|(?:\w+::)*([A-Za-z_]\w*)|(<<|[-+*/(){}]))/y;

/** Evaluates the expression that begins at `at`; it ends where nothing of an expression follows. */
function evaluate(file: string, text: string, at: number): number {
  const next = (): RegExpExecArray | null => {
    TOKEN.lastIndex = at;
    return TOKEN.exec(text);
  };
  const take = (): RegExpExecArray => {
    const token = next();
    if (!token) throw new Error(`${file}: no number begins at: ${text.slice(at, at + 40)}`);
    at = TOKEN.lastIndex;
    return token;
  };
  const inner = (): number => {
    const value = shifted();
    take(); // what closes it
    return value;
  };
  const primary = (): number => {
    const [, digits, duration, cast, name, mark] = take();
    if (digits !== undefined) return Number(digits.replaceAll("'", ''));
    if (duration !== undefined || cast !== undefined) {
      take(); // what opens it
      return inner() * (DURATIONS[duration ?? ''] ?? 1);
    }
    if (name !== undefined) return name === 'kSampleRate' ? constantOf('transcoder/media_time.h', name) : constantOf(file, name);
    if (mark === '(') return inner();
    throw new Error(`${file}: ${String(mark)} begins no number`);
  };
  const binary = (operand: () => number, operators: Record<string, (a: number, b: number) => number>) => (): number => {
    let value = operand();
    for (let operator = operators[next()?.[5] ?? '']; operator; operator = operators[next()?.[5] ?? '']) {
      take();
      value = operator(value, operand());
    }
    return value;
  };
  const product = binary(primary, { '*': (a, b) => a * b, '/': (a, b) => a / b });
  const sum = binary(product, { '+': (a, b) => a + b, '-': (a, b) => a - b });
  const shifted: () => number = binary(sum, { '<<': (a, b) => a * 2 ** b });
  return shifted();
}

/** Where the value of `name` begins, and what stands before it in its line; `Struct.name` looks inside of that struct only. */
function declaration(file: string, name: string): { at: number; type: string; text: string } {
  let text = source(file);
  const [member = '', struct] = name.split('.').reverse();
  if (struct !== undefined) {
    const from = text.search(new RegExp(`struct ${struct}\\b[^;{]*\\{`));
    if (from < 0) throw new Error(`${file} has no struct ${struct}`);
    text = text.slice(from);
    text = text.slice(0, text.search(/\n\s*\};/));
  }
  const found = [...text.matchAll(new RegExp(`^([^\\n"]*)(?<!\\w)${member}(?:\\[\\])?(?: = |\\{)(?!\\})`, 'gm'))];
  if (found.length !== 1) throw new Error(`${file} declares ${name} ${String(found.length)} times with a value; once was expected`);
  const [match] = found;
  return { at: (match?.index ?? 0) + (match?.[0].length ?? 0), type: match?.[1] ?? '', text };
}

function constantOf(file: string, name: string): number {
  const { at, type, text } = declaration(file, name);
  const unit = /std::chrono::(\w+) [^;]*$/.exec(type)?.[1];
  // Braces or an assignment of a bare number: the type says which unit it is.
  const value = evaluate(file, text, at);
  return unit !== undefined && !text.slice(at).startsWith('std::chrono') ? value * (DURATIONS[unit] ?? NaN) : value;
}

/** `unit`: what one of it is, where its type does not say. */
export const constant = (file: string, name: string, unit = 1): Value => ({ where: `${name} in ${file}`, read: () => constantOf(file, name) * unit });

/** The one of the values in braces, as in kNameText{40, 320}. */
export const element = (file: string, name: string, index: number): Value => ({
  where: `value ${String(index + 1)} of ${name} in ${file}`,
  read: () => {
    const { at, text } = declaration(file, name);
    const parts = text.slice(at, text.indexOf('}', at)).split(',');
    return evaluate(file, `${parts[index] ?? ''};`, 0);
  },
});

function behind(file: string, before: string): string {
  const [, rest, ...more] = source(file).split(before);
  if (rest === undefined || more.length > 0) throw new Error(`${file} holds "${before}" ${rest === undefined ? 'no more' : 'more than once'}`);
  return rest;
}

/** What stands behind `before`, which the file holds once. */
export const after = (file: string, before: string, unit = 1): Value => ({
  where: `what follows "${before}" in ${file}`,
  read: () => evaluate(file, behind(file, before), 0) * unit,
});

/** The same, where more than the number follows. */
export const numberAfter = (file: string, before: string): Value => ({ ...after(file, before), read: () => evaluate(file, /^\d+/.exec(behind(file, before))?.[0] ?? '', 0) });

/** The default of an option of the command line. */
export const option = (flag: string, unit = 1): Value => ({
  where: `the default of ${flag} in relay/config.h`,
  read: () => {
    const member = new RegExp(`"${flag}", config\\.(\\w+)`).exec(source('relay/config.cpp'))?.[1];
    if (member === undefined) throw new Error(`relay/config.cpp has no option ${flag}`);
    return constantOf('relay/config.h', `Config.${member}`) * unit;
  },
});

/** `most` within a time, from the two values of a RateLimit: `name{most, window}`. */
export const rateLimit = (file: string, name: string): { most: Value; rate: Value; window: Value } => {
  const [most, window] = [element(file, name, 0), element(file, name, 1)];
  return { most, window, rate: combined(most, window, (a, b) => a / b) };
};

/** A number that no source file of ours holds; `why` says where it comes from. */
export const given = (value: number, why: string): Value => ({ where: why, read: () => value });

export const combined = (a: Value, b: Value, how: (a: number, b: number) => number): Value => ({ where: `${a.where} and ${b.where}`, read: () => how(a.read(), b.read()) });
export const derived = (a: Value, how: (a: number) => number): Value => ({ where: a.where, read: () => how(a.read()) });
/** So many within `window` milliseconds. */
export const per = (window: number, most: Value): Value => derived(most, (count) => count / window);
