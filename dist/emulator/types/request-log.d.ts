import type { IncomingMessage, ServerResponse } from 'node:http';
/** A request and its outcome. */
export interface LoggedRequest {
    /** ISO 8601. */
    readonly time: string;
    /** The operation of the API, such as `PutImage`. */
    operation?: string;
    /** The operation of the registry, such as `GetManifest`. */
    route?: string;
    readonly method: string;
    readonly path: string;
    /** 0 if the connection ended without a response. */
    status: number;
    /** Size of the request body, in bytes. */
    requestBytes: number;
    /** Size of the response body, in bytes. */
    responseBytes: number;
    /** The error code of the response, such as `RepositoryNotFoundException`. */
    error?: string;
    /** The injected fault. */
    fault?: string;
    /** The input of an API operation, if it is small. Blobs are omitted. */
    input?: unknown;
}
/** The requests that the emulator has received, for tests and debugging. */
export declare class RequestLog {
    private readonly now;
    private entryList;
    private readonly byRequest;
    constructor(now: () => Date);
    get entries(): readonly LoggedRequest[];
    clear(): void;
    /** Adds an entry for a request. It is complete when the response has ended. */
    begin(request: IncomingMessage, response: ServerResponse): LoggedRequest;
    /** Adds members to the entry of a request. */
    note(request: IncomingMessage, more: Partial<LoggedRequest>): void;
}
