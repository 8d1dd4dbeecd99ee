using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Bolt.Diagnostics;
using Bolt.Storage;

namespace Bolt.Images;

/// <summary>What a container of an image is started with: the part of an OCI config that Bolt reads and writes (image-spec config.md).</summary>
internal sealed record OciConfig
{
    private const int MaxLayers = 500;

    public string Architecture { get; init; } = OciPlatform.Architecture;
    public ImmutableArray<string> Entrypoint { get; init; } = [];
    public ImmutableArray<string> Command { get; init; } = [];
    /// <summary>"NAME=value".</summary>
    public ImmutableArray<string> Environment { get; init; } = [];
    /// <summary>user[:group]; empty means root.</summary>
    public string User { get; init; } = "";
    public string WorkingDirectory { get; init; } = "";
    /// <summary>"80/tcp", in ordinal order.</summary>
    public ImmutableSortedSet<string> ExposedPorts { get; init; } = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);
    /// <summary>Folders that its maker wants on a volume.</summary>
    public ImmutableSortedSet<string> Volumes { get; init; } = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);
    /// <summary>A name or a number: "SIGQUIT", "3"; empty means SIGTERM.</summary>
    public string StopSignal { get; init; } = "";
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);
    /// <summary>When its maker says it was made; Bolt's own images do not say, so that equal ones are equal.</summary>
    public DateTimeOffset? Created { get; init; }
    /// <summary>How a container is asked whether it is well; null: its maker does not say.</summary>
    public HealthDocument? Healthcheck { get; init; }
    /// <summary>Instructions for the Dockerfile that is built on it.</summary>
    public ImmutableArray<string> OnBuild { get; init; } = [];
    /// <summary>Runs commands that are texts; empty: /bin/sh -c.</summary>
    public ImmutableArray<string> Shell { get; init; } = [];
    public string Author { get; init; } = "";
    /// <summary>How it was made, oldest step first; empty in what Bolt makes of recipes and projects.</summary>
    public ImmutableArray<HistoryDocument> History { get; init; } = [];
    /// <summary>Digests of the uncompressed layers, lowest first.</summary>
    public ImmutableArray<Digest> DiffIds { get; init; } = [];

    /// <summary>The config's bytes: equal configs have equal bytes, so their digest is the image's identity.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(
        new ConfigDocument
        {
            Architecture = Architecture,
            Os = "linux",
            Config = new ConfigProcess
            {
                User = OrNull(User),
                ExposedPorts = Set(ExposedPorts),
                Volumes = Set(Volumes),
                Env = OrNull(Environment),
                Entrypoint = OrNull(Entrypoint),
                Cmd = OrNull(Command),
                WorkingDir = OrNull(WorkingDirectory),
                Labels = Labels.IsEmpty ? null : new SortedDictionary<string, string>(Labels.ToDictionary(), StringComparer.Ordinal),
                StopSignal = OrNull(StopSignal),
                Healthcheck = Healthcheck,
                OnBuild = OrNull(OnBuild),
                Shell = OrNull(Shell),
            },
            Author = OrNull(Author),
            Created = Created?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            History = History.IsEmpty ? null : [.. History],
            Rootfs = new ConfigRoot("layers", [.. DiffIds.Select(d => d.ToString())]),
        },
        OciJson.Default.ConfigDocument);

    /// <summary>Reads a config of any maker.</summary>
    public static OciConfig Read(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return From(JsonSerializer.Deserialize(bytes, OciJson.Default.ConfigDocument) ?? throw new JsonException("it is null"));
        }
        catch (JsonException e)
        {
            throw new BoltException(ImageErrors.BadDocument("image config", e.Message), e);
        }
    }

    private static OciConfig From(ConfigDocument document)
    {
        if (document.Os is { } os && os != "linux")
        {
            throw new JsonException($"it is made for `{os}`, not for linux");
        }
        var layers = document.Rootfs?.DiffIds ?? [];
        if (layers.Length is 0 or > MaxLayers)
        {
            throw new JsonException($"it has {layers.Length} layers");
        }
        var process = document.Config ?? new ConfigProcess();
        return new OciConfig
        {
            Architecture = document.Architecture ?? OciPlatform.Architecture,
            // RFC 3339; a text that is none is no reason to refuse the image.
            Created = DateTimeOffset.TryParse(document.Created, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var created) ? created : null,
            Entrypoint = [.. (process.Entrypoint ?? []).OfType<string>()],
            Command = [.. (process.Cmd ?? []).OfType<string>()],
            Environment = [.. (process.Env ?? []).OfType<string>()],
            User = process.User ?? "",
            WorkingDirectory = process.WorkingDir ?? "",
            ExposedPorts = (process.ExposedPorts?.Keys ?? Enumerable.Empty<string>()).ToImmutableSortedSet(StringComparer.Ordinal),
            Volumes = (process.Volumes?.Keys ?? Enumerable.Empty<string>()).ToImmutableSortedSet(StringComparer.Ordinal),
            StopSignal = process.StopSignal ?? "",
            Healthcheck = process.Healthcheck,
            OnBuild = [.. (process.OnBuild ?? []).OfType<string>()],
            Shell = [.. (process.Shell ?? []).OfType<string>()],
            Author = document.Author ?? "",
            History = [.. (document.History ?? []).OfType<HistoryDocument>()],
            Labels = (process.Labels ?? []).ToImmutableSortedDictionary(StringComparer.Ordinal),
            DiffIds = [.. layers.Select(l => Digest.Parse(l ?? "") ?? throw new JsonException($"`{l}` is no digest of a layer"))],
        };
    }

    /// <summary>TCP ports of <see cref="ExposedPorts"/>: "80", "80/tcp", "8000-8002/tcp" (its first).</summary>
    public ImmutableArray<int> TcpPorts() =>
        [.. ExposedPorts.Where(p => !p.EndsWith("/udp", StringComparison.Ordinal))
            .Select(p => int.TryParse(p.AsSpan(0, p.AsSpan().IndexOfAny('/', '-') is var end and >= 0 ? end : p.Length), out var port) ? port : 0)
            .Where(p => p is > 0 and <= 65535).Distinct().Order()];

    // Go writes a set as an object of empty objects.
    private static SortedDictionary<string, EmptyDocument>? Set(ImmutableSortedSet<string> names) =>
        names.IsEmpty ? null : new SortedDictionary<string, EmptyDocument>(names.ToDictionary(p => p, _ => new EmptyDocument()), StringComparer.Ordinal);

    private static string? OrNull(string text) => text.Length == 0 ? null : text;

    private static string[]? OrNull(ImmutableArray<string> list) => list.IsEmpty ? null : [.. list];
}

/// <summary>This machine in OCI's words.</summary>
internal static class OciPlatform
{
    public static string Architecture { get; } = System.Runtime.InteropServices.RuntimeInformation.OSArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        var other => other.ToString().ToLowerInvariant(),
    };

    /// <summary>Throws when an image is not made for this machine.</summary>
    /// <param name="where">What holds the image.</param>
    public static void Check(OciConfig config, string where)
    {
        if (config.Architecture != Architecture)
        {
            throw new BoltException(ImageErrors.NoPlatform(where, $"linux/{Architecture}", [$"linux/{config.Architecture}"]));
        }
    }
}
