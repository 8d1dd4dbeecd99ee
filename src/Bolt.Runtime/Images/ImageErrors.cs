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

    public static Diagnostic Schema1() => Error("BOLT2010",
        "the image has a manifest of Docker's first schema, which nothing verifies", "push it again with a tool of this decade: `skopeo copy` converts it");

    public static Diagnostic NoImage(string type) => Error("BOLT2011",
        $"it is no image: its config is `{type}`", "name an image; artifacts such as charts, signatures and models cannot be run");

    public static Diagnostic ForeignLayer(string digest, string? url) => Error("BOLT2012",
        $"layer `{digest}` may not be distributed by registries{(url is null ? "" : $"; its maker keeps it at `{url}`")}",
        "use an image without such layers; they belong to Windows");

    public static Diagnostic NotWhole(string reference) => Error("BOLT2013",
        $"`{reference}` cannot be kept: not all of it is in the store");

    public static Diagnostic LayerCount(int layers, int diffIds) => Error("BOLT2014", string.Create(CultureInfo.InvariantCulture,
        $"the manifest has {layers} layers and its config {diffIds}"));

    public static Diagnostic NoArchive(string reason) => Error("BOLT2015",
        $"it is no image archive: {reason}", "load what `docker save`, `podman save`, `skopeo copy … oci-archive:` or `bolt save` writes");

    public static Diagnostic Nameless() => Error("BOLT2016", "the archive does not say what its image is called", "give it a name with `--tag NAME:TAG`");

    public static Diagnostic NotEmpty(string folder) => Error("BOLT2017", $"`{folder}` is not empty", "name a folder that does not exist yet");

    public static Diagnostic NoSuchImage(string text, IEnumerable<string> near) => Error("BOLT2018",
        $"there is no image `{text}` here", near.Any() ? $"name one of: {string.Join(", ", near.Take(5).Select(n => $"`{n}`"))}" : "`bolt images` lists those that are here; `bolt pull` fetches one");

    public static Diagnostic ManyIds(string text, IEnumerable<string> ids) => Error("BOLT2019",
        $"`{text}` is the start of more than one image's id", $"write more of it: {string.Join(", ", ids)}");

    private static Diagnostic Error(string code, string message, string? fix = null) => new(code, Severity.Error, message, null, fix);
}
