/** Faults for which the API and the registry each return an error of their own. */
export declare const REFUSALS: readonly ["throttle", "server-error", "expired-token", "access-denied", "clock-skew", "invalid-signature"];
/** Faults of the connection, the timing, the bytes of a response or a part of a batch. */
declare const DISRUPTIONS: readonly ["reset-before", "reset-after", "slow", "truncate", "malformed", "wrong-content-type", "partial"];
export type Refusal = (typeof REFUSALS)[number];
export type Disruption = (typeof DISRUPTIONS)[number];
export type FaultName = Refusal | Disruption;
/** A fault and when it applies: `count` times, with a probability, or to every request. */
export interface FaultRule {
    /** An operation of the API or the registry, or `*` for all of them. */
    readonly operation: string;
    readonly fault: FaultName;
    /** How many more times the fault applies. */
    readonly count?: number;
    /** From 0 to 1. */
    readonly probability?: number;
    /** The seed of the random numbers, for reproducible runs. */
    readonly seed?: number;
    /** The delay of `slow`, in milliseconds. */
    readonly delayMs: number;
    /**
     * The IAM action that `access-denied` reports as missing. Default: the action of the operation.
     */
    readonly action?: string;
}
/** The active fault rules. */
export declare class Faults {
    private readonly operations;
    private ruleList;
    /** @param operations the names that rules can use */
    constructor(operations: Iterable<string>);
    get rules(): readonly FaultRule[];
    /**
     * Adds a rule, or all rules of an array.
     *
     * @throws Error if a rule is not valid; no rule is added then
     */
    add(value: unknown): void;
    clear(): void;
    /** Returns the rule that applies to this call, if any, and decrements its count. */
    consume(operation: string): FaultRule | undefined;
}
export {};
