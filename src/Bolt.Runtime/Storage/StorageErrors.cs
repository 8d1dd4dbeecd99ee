using System.Globalization;
using Bolt.Diagnostics;

namespace Bolt.Storage;

/// <summary>What is said about blobs, trees and volumes.</summary>
internal static partial class StorageErrors
{
    public const string WrongDigestCode = "BOLT3001";
    private const int NoSpace = 28, QuotaExceeded = 122;

    public static Diagnostic WrongDigest(Digest expected, Digest found) => Error(WrongDigestCode,
        $"content has digest `{found}`, not `{expected}`", "fetch or export it again; it was damaged or changed on the way");

    public static Diagnostic TooLarge(string what, long limit) => Error("BOLT3002", $"{what} is larger than {Size(limit)}");

    public static Diagnostic DiskFull(string folder) => Error("BOLT3003",
        $"no space left on the disk that holds `{folder}`", $"free some space there (`df -h {folder}` shows it), then try again");

    public static Diagnostic NotWritten(string path, string reason) => Error("BOLT3004", $"cannot write `{path}`: {reason}");

    public static Diagnostic NoBlob(Digest digest) => Error("BOLT3005", $"blob `{digest}` is not in the store");

    public static Diagnostic LongBlob(Digest digest, long size) => Error("BOLT3006",
        string.Create(CultureInfo.InvariantCulture, $"blob `{digest}` goes on after its {size} bytes"), "its source is damaged or lies: fetch it elsewhere");

    public static Diagnostic ShortBlob(Digest digest, long size, long found) => Error("BOLT3007",
        string.Create(CultureInfo.InvariantCulture, $"blob `{digest}` has {found} bytes, not {size}"), "fetch it again; it was cut on the way");

    public static Diagnostic EntryLeaves(string entry) => Error("BOLT3010",
        $"layer entry `{entry}` leaves the layer", "do not use this image: its archive was made to write outside");

    public static Diagnostic LinkTarget(string entry, string target) => Error("BOLT3011",
        $"layer entry `{entry}` is a hard link to `{target}`, which is no file of the layer");

    public static Diagnostic EntryKind(string entry, string kind) => Error("BOLT3012",
        $"layer entry `{entry}` has the kind `{kind}`, which cannot be unpacked");

    public static Diagnostic BadArchive(string reason) => Error("BOLT3013", $"the layer is no sound tar archive: {reason}");

    public static Diagnostic TooManyEntries(int limit) => Error("BOLT3014",
        string.Create(CultureInfo.InvariantCulture, $"the layer has more than {limit} entries"));

    public static Diagnostic OwnerNotMapped(string entry, int id, uint count) => Error("BOLT3015",
        string.Create(CultureInfo.InvariantCulture, $"layer entry `{entry}` belongs to id {id}, and only 0 to {count} are mapped"),
        "give your user a larger range in /etc/subuid and /etc/subgid");

    public static Diagnostic NotUnpacked(string entry, string reason) => Error("BOLT3016", $"cannot unpack `{entry}`: {reason}");

    public static Diagnostic BadName(string what, string name) => Error("BOLT3020",
        $"`{name}` cannot name a {what}", "use letters, digits, `-`, `_` and `.`, starting with a letter or digit, at most 128 of them");

    public static Diagnostic VolumeUnreadable(string path, string reason) => Error("BOLT3021", $"cannot read the volume record `{path}`: {reason}",
        "its data is still there; restore the record, or remove the volume with `bolt down --volumes`");

    public static Diagnostic LittleSpace(string name, long size, long free, string folder) => new("BOLT3022", Severity.Warning,
        $"volume `{name}` is to hold {Size(size)}, and the disk that holds `{folder}` has {Size(free)} left", null,
        "free some space, or ask for less in `size`");

    /// <summary>The sentence for what the file system said.</summary>
    public static BoltException Wrap(string path, Exception cause) => cause is BoltException known
        ? known
        : cause is IOException && (cause.HResult & 0xffff) is NoSpace or QuotaExceeded
            ? new BoltException(DiskFull(Path.GetDirectoryName(path) ?? path), cause)
            : new BoltException(NotWritten(path, cause.Message), cause);

    /// <summary>True for what a file system says in exceptions.</summary>
    public static bool IsFileSystem(Exception e) => e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException;

    private static string Size(long bytes) => bytes switch
    {
        >= 1L << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):0.#} GiB"),
        >= 1L << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 20):0.#} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes"),
    };

    private static Diagnostic Error(string code, string message, string? fix = null) => new(code, Severity.Error, message, null, fix);
}
