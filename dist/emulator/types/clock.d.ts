/** The time of the emulator. It runs at the speed of the system clock, with an offset. */
export declare class Clock {
    private readonly system;
    private offsetMs;
    /**
     * @param system the clock that runs underneath
     * @param start the time at the start, in ISO 8601. Default: the time of `system`
     * @throws Error if `start` is not a time
     */
    constructor(system?: () => Date, start?: unknown);
    /** Returns the current time. */
    readonly now: () => Date;
    /**
     * Moves the time forward.
     *
     * @param duration a whole number with a unit: `90s`, `15m`, `13h`, `30d` or `2w`
     * @throws Error for any other value
     */
    advance(duration: unknown): void;
    /**
     * Sets the time.
     *
     * @param time a time in ISO 8601: `2026-12-24T00:00:00Z`
     * @throws Error for any other value
     */
    set(time: unknown): void;
}
