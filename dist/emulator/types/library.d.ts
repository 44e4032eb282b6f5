import type { EmulatorOptions } from './options.js';
import type { LoggedRequest } from './logged-request.js';
import type { FaultRule } from './faults.js';
export type { FaultRule } from './faults.js';
export type { LoggedRequest } from './logged-request.js';
/** The options of `createEmulator`. */
export interface CreateEmulatorOptions extends EmulatorOptions {
    /** Port to listen on. Default: 0, which is a free port. */
    readonly port?: number;
    /** Address to listen on. Default: `127.0.0.1`. */
    readonly host?: string;
}
/** A running emulator. Every emulator has its own data, faults, clock and request log. */
export interface Emulator {
    /** The URL of the API, the registry and the gallery page. */
    readonly url: string;
    /** The environment variables that configure the AWS CLI and the AWS SDKs for this emulator. */
    readonly env: Readonly<Record<string, string>>;
    /**
     * Deletes the contents of the registry. Faults, the clock, snapshots and the request log do not change.
     *
     * @param seed the new contents; if it is not valid, the promise rejects and nothing changes
     */
    reset(seed?: unknown): Promise<void>;
    /** Adds the contents of a seed, completely or not at all. */
    seed(seed: unknown): Promise<void>;
    /** Remembers the contents of the registry and returns the ID for `restore`. */
    snapshot(): Promise<string>;
    /** Brings the contents of a snapshot back. Rejects for an unknown ID. */
    restore(id: string): Promise<void>;
    readonly clock: {
        /** Returns the time of the emulator. */
        now(): Date;
        /** Moves the time forward by a duration such as `90s`, `15m`, `13h`, `30d` or `2w`. */
        advance(duration: string): void;
        /** Sets the time to a time in ISO 8601 with a time zone, such as `2026-12-24T00:00:00Z`. */
        set(time: string): void;
    };
    readonly faults: {
        /**
         * Adds a fault rule, such as `{ operation: 'PutImage', fault: 'throttle', count: 2 }`, or all rules of an array. If one
         * of them is not valid, it throws and adds none.
         */
        add(rules: unknown): void;
        list(): readonly FaultRule[];
        clear(): void;
    };
    readonly requests: {
        /** Returns the requests that the emulator has received, in order. */
        list(): readonly LoggedRequest[];
        clear(): void;
    };
    /** Stops the emulator and closes all connections. Without `data`, all data is deleted. It can be called again. */
    close(): Promise<void>;
}
/**
 * Starts a local Amazon ECR Public in this process.
 *
 * @throws Error if an option or the seed is not valid, the data directory is in use, or the port is in use
 */
export declare function createEmulator(options?: CreateEmulatorOptions): Promise<Emulator>;
