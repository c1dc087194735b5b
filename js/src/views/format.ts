/*
 * Numbers and times as people read them. Pure functions; the clock is passed in.
 */
import type { Words } from '../state/words';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A duration in seconds, with two or three digits: `40 µs`, `12 ms`, `1.5 s`, `3 min 20 s`. */
export function duration(seconds: number): string {
  if (seconds < 0.0009995) {
    return `${(seconds * 1e6).toFixed(0)} µs`;
  }
  if (seconds < 0.9995) {
    const ms = seconds * 1000;
    return `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`;
  }
  if (seconds < MINUTE) {
    return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  }
  if (seconds < HOUR) {
    return twoUnits(seconds, MINUTE, 'min', 1, 's');
  }
  return twoUnits(seconds, HOUR, 'h', MINUTE, 'min');
}

function twoUnits(
  seconds: number,
  large: number,
  largeName: string,
  small: number,
  smallName: string
): string {
  const whole = Math.floor(seconds / large);
  const rest = Math.floor((seconds - whole * large) / small);
  return rest === 0 ? `${whole} ${largeName}` : `${whole} ${largeName} ${rest} ${smallName}`;
}

/** How long ago a moment was; both in seconds since the epoch. */
export function ago(when: number, now: number, words: Words): string {
  const passed = Math.max(now - when, 0);
  if (passed < 10) {
    return words.__('just now');
  }
  if (passed < MINUTE) {
    return words.__('%1 s ago', Math.floor(passed));
  }
  if (passed < HOUR) {
    return words.__('%1 min ago', Math.floor(passed / MINUTE));
  }
  if (passed < DAY) {
    return words.__('%1 h ago', Math.floor(passed / HOUR));
  }
  if (passed < 30 * DAY) {
    return words._n('%1 day ago', '%1 days ago', Math.floor(passed / DAY));
  }
  return new Date(when * 1000).toLocaleDateString();
}

/** A moment with date and time, in the reader's own convention. */
export function moment(when: number): string {
  return new Date(when * 1000).toLocaleString();
}

/** The first letters of a long id. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}
