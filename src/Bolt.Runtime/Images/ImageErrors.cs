using System.Globalization;
using Bolt.Diagnostics;

namespace Bolt.Images;

/// <summary>What is said about references and images.</summary>
internal static class ImageErrors
{
    public static Diagnostic BadReference(string text, string reason, string fix) => Error("BOLT2001",
        $"`{text}` is no image reference: {reason}", fix);

    public static Diagnostic NoLayout(string folder, string reason) => Error("BOLT2002",
        $"`{folder}` is no OCI layout: {reason}", "make one with `skopeo copy SOURCE oci:FOLDER:TAG`, or name a recipe");

    public static Diagnostic NoSuchTag(string folder, string tag, IEnumerable<string> tags) => Error("BOLT2003",
        $"the layout `{folder}` has no image `{tag}`", $"name one of: {string.Join(", ", tags.Select(t => $"`{t}`"))}");

    public static Diagnostic ManyImages(string folder, IEnumerable<string> tags) => Error("BOLT2004",
        $"the layout `{folder}` holds more than one image", $"write `{folder}:TAG` with one of: {string.Join(", ", tags.Select(t => $"`{t}`"))}");

    public static Diagnostic NoPlatform(string folder, string wanted, IEnumerable<string> found) => Error("BOLT2005",
        $"the image in `{folder}` is not made for {wanted}", $"it is made for: {string.Join(", ", found)}");

    public static Diagnostic BlobMissing(string folder, string digest) => Error("BOLT2006",
        $"the layout `{folder}` lacks the blob `{digest}`", "copy the layout again; it is not whole");

    public static Diagnostic BlobSize(string digest, long wanted, long found) => Error("BOLT2007",
        string.Create(CultureInfo.InvariantCulture, $"blob `{digest}` has {found} bytes, not {wanted}"), "copy the layout again; it is damaged");

    public static Diagnostic BadDocument(string what, string reason) => Error("BOLT2008", $"the {what} cannot be read: {reason}");

    public static Diagnostic BadLayer(string digest, string reason) => Error("BOLT2009", $"layer `{digest}` cannot be used: {reason}");

    private static Diagnostic Error(string code, string message, string? fix = null) => new(code, Severity.Error, message, null, fix);
}
