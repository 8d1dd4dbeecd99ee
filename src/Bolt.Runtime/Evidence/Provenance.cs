using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Bolt.Builds;
using Bolt.Images;
using Bolt.Storage;

namespace Bolt.Evidence;

/// <summary>How an image came to be: an in-toto statement v1 with SLSA provenance v1.</summary>
internal static class Provenance
{
    public const string PredicateType = "https://slsa.dev/provenance/v1", StatementType = "https://in-toto.io/Statement/v1";

    private const string BuildType = "urn:bolt:build:v1";

    /// <summary>What a build took from elsewhere, as its lock remembers it.</summary>
    public static ImmutableArray<BuildInput> InputsOf(LockSession @lock)
    {
        var pins = @lock.Used.Where(@lock.Current.Pins.ContainsKey).Select(k => (Key: k, Pin: @lock.Current.Pins[k]));
        return
        [
            .. pins.SelectMany(p => DebianPackages.Of(p.Pin).Select(d => new BuildInput(d.Purl, "sha256", d.Sha256!))
                .Prepend(new BuildInput("bolt://" + p.Key[..p.Key.LastIndexOf('/')], "sha256", p.Pin.Recipe.Hex)))
            .Concat(@lock.Taken.Select(t => new BuildInput(Uri(t.Key), "sha256", t.Value.Hex)))
            .Distinct().OrderBy(i => i.Uri, StringComparer.Ordinal),
        ];
    }

    /// <param name="subjects">Names of the image.</param>
    /// <param name="digest">Of its manifest.</param>
    /// <param name="sources">What of the builder's own disk was read, as far as it has a name.</param>
    /// <param name="version">Of Bolt.</param>
    public static byte[] Of(BuildFacts facts, IEnumerable<string> subjects, Digest digest, IEnumerable<BuildInput> sources, string version)
    {
        var bytes = new ArrayBufferWriter<byte>(1 << 14);
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("_type", StatementType);
            json.WriteStartArray("subject");
            foreach (var name in subjects)
            {
                json.WriteStartObject();
                json.WriteString("name", name);
                Digest(json, "sha256", digest.Hex);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteString("predicateType", PredicateType);
            json.WriteStartObject("predicate");
            Definition(json, facts, sources);
            Run(json, facts, version);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return bytes.WrittenSpan.ToArray();
    }

    private static void Definition(Utf8JsonWriter json, BuildFacts facts, IEnumerable<BuildInput> sources)
    {
        var options = facts.Options;
        json.WriteStartObject("buildDefinition");
        json.WriteString("buildType", BuildType);
        json.WriteStartObject("externalParameters");
        json.WriteString("kind", facts.Kind);
        // The folder's own name says what was meant; where it lies is nobody's concern.
        json.WriteString("source", facts.Kind == "recipe" ? options.Context : Path.GetFileName(Path.GetFullPath(options.Context).TrimEnd('/')));
        if (facts.Kind == "dockerfile")
        {
            json.WriteString("dockerfile", Path.GetFileName(options.Dockerfile ?? DockerfileBuild.DefaultName));
        }
        if (options.Target is { } target)
        {
            json.WriteString("target", target);
        }
        Texts(json, "args", options.Arguments);
        if (!options.Secrets.IsEmpty)
        {
            json.WriteStartArray("secrets");
            foreach (var id in options.Secrets.Keys.Order(StringComparer.Ordinal))
            {
                json.WriteStringValue(id);
            }
            json.WriteEndArray();
        }
        json.WriteEndObject();
        json.WriteStartObject("internalParameters");
        json.WriteString("platform", "linux/" + OciPlatform.Architecture);
        json.WriteBoolean("locked", options.Locked);
        json.WriteBoolean("noCache", options.NoCache);
        json.WriteBoolean("network", !options.Offline);
        if (options.SourceDateEpoch is { } epoch)
        {
            json.WriteNumber("sourceDateEpoch", epoch);
        }
        json.WriteEndObject();
        json.WriteStartArray("resolvedDependencies");
        foreach (var input in sources.Concat(facts.Inputs))
        {
            json.WriteStartObject();
            json.WriteString("uri", input.Uri);
            Digest(json, input.Algorithm, input.Value);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Run(Utf8JsonWriter json, BuildFacts facts, string version)
    {
        json.WriteStartObject("runDetails");
        json.WriteStartObject("builder");
        json.WriteString("id", "urn:bolt:tool");
        Texts(json, "version", ImmutableDictionary<string, string>.Empty.Add("bolt", version));
        json.WriteEndObject();
        json.WriteStartObject("metadata");
        json.WriteString("startedOn", Time(facts.Started));
        json.WriteString("finishedOn", Time(facts.Finished));
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Texts(Utf8JsonWriter json, string name, ImmutableDictionary<string, string> texts)
    {
        json.WriteStartObject(name);
        foreach (var (key, value) in texts.OrderBy(t => t.Key, StringComparer.Ordinal))
        {
            json.WriteString(key, value);
        }
        json.WriteEndObject();
    }

    private static void Digest(Utf8JsonWriter json, string algorithm, string value)
    {
        json.WriteStartObject("digest");
        json.WriteString(algorithm, value);
        json.WriteEndObject();
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    // "docker.io/library/nginx:1.27" as BuildKit writes it; an address stays one.
    private static string Uri(string taken)
    {
        if (taken.Contains("://", StringComparison.Ordinal) || ImageReference.Parse(taken).Value is not { } image)
        {
            return PublicAddress.Of(taken);
        }
        var name = image.Registry == "docker.io" ? image.Repository.StartsWith("library/", StringComparison.Ordinal) ? image.Repository[8..] : image.Repository : $"{image.Registry}/{image.Repository}";
        return $"pkg:docker/{name.Replace(":", "%3A", StringComparison.Ordinal)}{(image.Tag is null ? "" : "@" + image.Tag)}?platform=linux%2F{OciPlatform.Architecture}";
    }
}
