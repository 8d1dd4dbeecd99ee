using System.Collections.Immutable;
using Bolt.Images;
using Bolt.Storage;

namespace Bolt.Builds;

/// <summary>An OCI layout folder that a service names: <c>./image</c> or <c>./image:TAG</c>.</summary>
internal static class LayoutImage
{
    /// <summary>Folder and tag; null when the text names no folder.</summary>
    public static (string Folder, string? Tag)? Parse(string text, string baseFolder)
    {
        var path = text.StartsWith("oci:", StringComparison.Ordinal) ? text[4..] : text;
        var named = path.Length < text.Length || path is "." or ".."
            || path.StartsWith('/') || path.StartsWith("./", StringComparison.Ordinal) || path.StartsWith("../", StringComparison.Ordinal);
        var whole = Path.GetFullPath(path, baseFolder);
        if (Directory.Exists(whole))
        {
            return named || File.Exists(Path.Combine(whole, "index.json")) ? (whole, null) : null;
        }
        var colon = path.LastIndexOf(':');
        if (colon > path.LastIndexOf('/') && colon < path.Length - 1)
        {
            var folder = Path.GetFullPath(path[..colon], baseFolder);
            return named || File.Exists(Path.Combine(folder, "index.json")) ? (folder, path[(colon + 1)..]) : null;
        }
        return named ? (whole, null) : null;
    }

    public static async Task<PreparedImage> PrepareAsync(BuildTools tools, string reference, string folder, string? tag, CancellationToken cancellationToken)
    {
        var image = await FindAsync(tools, folder, tag, cancellationToken).ConfigureAwait(false);
        return await StoredImage.PrepareAsync(tools, reference, image, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The index is read each time: a layout that was written anew is another image under the same name.</summary>
    public static Task<LocalImage> FindAsync(BuildTools tools, string folder, string? tag, CancellationToken cancellationToken) =>
        new ImageStore(tools.Paths, tools.Content).ImportLayoutAsync(folder, tag, cancellationToken);
}

/// <summary>An OCI config's StopSignal: a name as kill(1) knows it, or a number.</summary>
internal static class OciSignal
{
    private const int Terminate = 15, FirstRealtime = 34;

    private static readonly ImmutableDictionary<string, int> Names = new Dictionary<string, int>
    {
        ["HUP"] = 1,
        ["INT"] = 2,
        ["QUIT"] = 3,
        ["ABRT"] = 6,
        ["KILL"] = 9,
        ["USR1"] = 10,
        ["USR2"] = 12,
        ["ALRM"] = 14,
        ["TERM"] = 15,
        ["CONT"] = 18,
        ["STOP"] = 19,
        ["TSTP"] = 20,
        ["WINCH"] = 28,
        ["PWR"] = 30,
    }.ToImmutableDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>SIGTERM when the text is empty or no signal: an image must not fail to start for how it would stop.</summary>
    public static int Number(string text)
    {
        if (int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number))
        {
            return number is > 0 and <= 64 ? number : Terminate;
        }
        var name = text.StartsWith("SIG", StringComparison.OrdinalIgnoreCase) ? text[3..] : text;
        // SIGRTMIN+3 is how systemd asks to be stopped.
        return name.StartsWith("RTMIN+", StringComparison.OrdinalIgnoreCase) && int.TryParse(name.AsSpan(6), out var above) && above is >= 0 and <= 30
            ? FirstRealtime + above
            : Names.GetValueOrDefault(name, Terminate);
    }
}
