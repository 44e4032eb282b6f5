import type { Clock } from './clock.js';
/** Behavior of the service that is not documented: the values of each switch, the default first. */
export declare const SWITCHES: {
    /** Images of other hosts in the gallery: a frame with the alternative text, or the image itself. */
    readonly galleryImages: readonly ["framed", "loaded"];
    readonly anonymousBlobHead: readonly ["refuse", "answer"];
    readonly digestOnManifestGet: readonly ["absent", "present"];
    readonly blobRedirect: readonly ["other-host", "same-host", "off"];
    readonly tagListOrder: readonly ["unsorted", "lexical"];
    readonly tagListFormat: readonly ["text", "json"];
    readonly tagListAboveMaximum: readonly ["refused", "cut"];
    readonly chunkStatus: readonly ["201", "202"];
    readonly chunkRange: readonly ["stale", "true"];
    readonly shortChunks: readonly ["refuse", "accept"];
    readonly digestMismatch: readonly ["upload-invalid", "digest-invalid"];
    readonly mount: readonly ["off", "on"];
    readonly referrers: readonly ["on", "off"];
    readonly invalidManifest: readonly ["unsupported", "invalid"];
    readonly manifestWithoutMediaType: readonly ["refused", "accepted"];
    readonly manifestDelete: readonly ["on", "off"];
    readonly catalogPut: readonly ["merge", "replace"];
    readonly catalogDataMissing: readonly ["empty", "not-found"];
    readonly logoUrl: readonly ["new", "stable"];
    readonly displayNameOf: readonly ["anyone", "verified-only"];
    readonly unknownLayer: readonly ["unavailable", "failure"];
    readonly batchDeleteOrder: readonly ["snapshot", "sequential"];
    readonly deleteByTagAndDigest: readonly ["tag", "image"];
    readonly duplicateIds: readonly ["not-found", "ignored"];
    readonly childProtection: readonly ["on", "off"];
    readonly subjectProtection: readonly ["off", "on"];
    readonly lastTagDeletion: readonly ["image", "tag"];
    readonly tagMutability: readonly ["mutable", "immutable"];
    readonly movedTagCreatedAt: readonly ["moved", "kept"];
    readonly untaggedAgain: readonly ["already-exists", "accepted"];
    readonly imageSize: readonly ["layers", "layers-and-config"];
    readonly listOrder: readonly ["pushed", "shuffled"];
    readonly registryBeforeRepository: readonly ["present", "empty"];
    readonly foreignRegistry: readonly ["not-found", "access-denied"];
    readonly messageRegistryId: readonly ["account", "alias"];
    readonly otherRegions: readonly ["refuse", "serve"];
    readonly serializationError: readonly ["bare", "coral"];
};
export type SwitchName = keyof typeof SWITCHES;
/** The value of every switch. */
export type Switches = {
    readonly [Name in SwitchName]: (typeof SWITCHES)[Name][number];
};
/** The quotas of the service (user guide, public-service-quotas), including the adjustable ones. */
export interface Limits {
    /** Repositories per registry. */
    readonly repositories: number;
    /** Images per repository. */
    readonly images: number;
    /** Tags per image. */
    readonly tagsPerImage: number;
    /** Resource tags per repository. */
    readonly resourceTags: number;
    /** Parts per layer. */
    readonly parts: number;
    /** Minimum size of every part except the last one, in bytes. */
    readonly minPartBytes: number;
    readonly maxPartBytes: number;
    /** Maximum size of a layer, in bytes. */
    readonly layerBytes: number;
    /** Default number of tags per page of the registry's tag list. */
    readonly tagsPerPage: number;
    readonly maxTagsPerPage: number;
    /** Referrers per page. */
    readonly referrersPerPage: number;
    /** Reads from the registry per second and IP address without a login. */
    readonly anonymousReadsPerSecond: number;
    /** Reads from the registry per second by the account. */
    readonly accountReadsPerSecond: number;
}
export declare const DEFAULT_LIMITS: Limits;
/** An alias of the registry besides the primary one. */
export interface OtherAlias {
    readonly name: string;
    readonly status: 'ACTIVE' | 'PENDING' | 'REJECTED';
}
/** The options of the emulator. All of them are optional. */
export interface EmulatorOptions extends Partial<Switches> {
    /** The account ID, 12 digits. */
    readonly account?: string;
    /** The primary alias of the registry. */
    readonly alias?: string;
    /** The data directory. Without it, all data is deleted when the server closes. */
    readonly data?: string;
    /** The contents of a seed file, applied if the store is empty. */
    readonly seed?: unknown;
    /** The initial fault rules. */
    readonly faults?: readonly unknown[];
    /**
     * The IAM actions that callers are allowed to use (`ecr-public:PutImage`, `ecr-public:*`).
     * Default: all.
     */
    readonly allow?: readonly string[];
    /** `faithful` behaves like public.ecr.aws, `strict-oci` follows the OCI specification. */
    readonly profile?: 'faithful' | 'strict-oci';
    /** `true` for an account with the verified badge. */
    readonly verified?: boolean;
    /** The aliases besides the primary one. */
    readonly otherAliases?: readonly OtherAlias[];
    /**
     * The host for URIs in responses, with the port if clients need it: `emulator:5111`. Default: the host of the request.
     */
    readonly registryHost?: string;
    /** The `partSize` of InitiateLayerUpload, in bytes. */
    readonly partSize?: number;
    readonly limits?: Partial<Limits>;
    /** The time at the start, in ISO 8601 with a time zone. Default: the system time. */
    readonly clock?: string;
    /** The clock that runs underneath. Default: the system clock. */
    readonly now?: () => Date;
}
/** The options with their defaults. */
export interface Settings extends Switches {
    readonly account: string;
    readonly alias: string;
    readonly data: string | undefined;
    readonly allow: readonly string[] | undefined;
    readonly profile: 'faithful' | 'strict-oci';
    readonly verified: boolean;
    readonly otherAliases: readonly OtherAlias[];
    readonly registryHost: string | undefined;
    readonly partSize: number;
    readonly limits: Limits;
    readonly clock: Clock;
}
