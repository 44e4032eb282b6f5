import { invalidValue } from './invalid-value.js'
import { parseTime, TIME_EXAMPLE } from './parse-time.js'

const UNITS_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000
}

/** The latest time that a date can represent (ECMAScript, "Time Values and Time Range"). */
const MAX_TIME_MS = 8.64e15

/** The time of the emulator. It runs at the speed of the system clock, with an offset. */
export class Clock {
  private offsetMs = 0

  /**
   * @param system the clock that runs underneath
   * @param start the time at the start, in ISO 8601. Default: the time of `system`
   * @throws Error if `start` is not a time
   */
  constructor(
    private readonly system: () => Date = () => new Date(),
    start?: unknown
  ) {
    if (start !== undefined) this.set(start)
  }

  /** Returns the current time. */
  readonly now = (): Date => new Date(this.system().getTime() + this.offsetMs)

  /**
   * Moves the time forward.
   *
   * @param duration a whole number with a unit: `90s`, `15m`, `13h`, `30d` or `2w`
   * @throws Error for any other value
   */
  advance(duration: unknown): void {
    const [, digits = '', unit = ''] =
      (typeof duration === 'string' && /^([0-9]{1,9})([smhdw])$/.exec(duration)) || []
    const milliseconds = Number(digits) * (UNITS_MS[unit] ?? NaN)
    if (!(this.now().getTime() + milliseconds <= MAX_TIME_MS)) {
      throw invalidValue('"advance"', duration, 'a number with a unit: 90s, 15m, 13h, 30d or 2w')
    }
    this.offsetMs += milliseconds
  }

  /**
   * Sets the time.
   *
   * @param time a time in ISO 8601: `2026-12-24T00:00:00Z`
   * @throws Error for any other value
   */
  set(time: unknown): void {
    const parsed = parseTime(time)
    if (parsed === undefined) throw invalidValue('The time', time, TIME_EXAMPLE)
    this.offsetMs = parsed.getTime() - this.system().getTime()
  }
}
