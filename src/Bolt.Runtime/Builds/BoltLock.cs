using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Bolt.Diagnostics;
using Bolt.Kernel;
using Bolt.Packages;
using Bolt.Storage;

namespace Bolt.Builds;

/// <summary>
/// What bolt.lock pins: for each recipe the packages by hash and the layer that they make, for each image of a registry its
/// digest, for each address that ADD names the digest of what lies there.
/// </summary>
/// <param name="Pins">By <see cref="RecipeBuild"/>'s key: "postgres:15/amd64".</param>
/// <param name="Images">By the whole reference: "docker.io/library/nginx:1.27".</param>
internal sealed record BoltLock(ImmutableSortedDictionary<string, RecipePin> Pins, ImmutableSortedDictionary<string, Digest> Images)
{
    private static readonly ImmutableSortedDictionary<string, Digest> NoDigests = ImmutableSortedDictionary.Create<string, Digest>(StringComparer.Ordinal);

    private const int Format = 1;
    /// <summary>A closure has tens of packages of some 300 bytes; more than this was not written by Bolt.</summary>
    private const int MaxBytes = 16 << 20;

    public static BoltLock Empty { get; } = new(ImmutableSortedDictionary.Create<string, RecipePin>(StringComparer.Ordinal), NoDigests);

    /// <summary>By address: "https://example.org/tool.tar.gz".</summary>
    public ImmutableSortedDictionary<string, Digest> Sources { get; init; } = NoDigests;

    /// <summary>Names of all entries. No two kinds can have one name: a recipe's has no host, an address has "://".</summary>
    public IEnumerable<string> Entries => Pins.Keys.Concat(Images.Keys).Concat(Sources.Keys);

    public BoltLock With(string key, RecipePin pin) => this with { Pins = Pins.SetItem(key, pin) };

    public BoltLock With(string reference, Digest image) => this with { Images = Images.SetItem(reference, image) };

    public BoltLock WithSource(string address, Digest content) => this with { Sources = Sources.SetItem(address, content) };

    public BoltLock Without(string entry) => this with { Pins = Pins.Remove(entry), Images = Images.Remove(entry), Sources = Sources.Remove(entry) };

    /// <summary>An absent file is an empty lock; one that cannot be read is an error, never silently replaced.</summary>
    public static Checked<BoltLock> Read(string path)
    {
        if (PlainFile.Read(path, MaxBytes, out var bytes) is not Errno.None and var errno)
        {
            return errno == Errno.ENOENT ? new Checked<BoltLock>(Empty, []) : Refused(path, errno.Text());
        }
        try
        {
            var file = JsonSerializer.Deserialize(bytes, LockJson.Default.LockFile);
            if (file is not { Version: Format })
            {
                return Refused(path, $"it has format {file?.Version}, not {Format}");
            }
            return new Checked<BoltLock>(
                new BoltLock(file.Recipes.ToImmutableSortedDictionary(StringComparer.Ordinal), Digests(file.Images)) { Sources = Digests(file.Sources) }, []);
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            return Refused(path, e.Message);
        }
    }

    /// <summary>Writes it beside and renames, in an order that does not change, one package a line.</summary>
    public async Task WriteAsync(string path, CancellationToken cancellationToken)
    {
        var beside = $"{path}.{Guid.NewGuid():n}";
        try
        {
            await File.WriteAllTextAsync(beside, ToString(), cancellationToken).ConfigureAwait(false);
            File.Move(beside, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            File.Delete(beside);
            throw new BoltException(RecipeErrors.LockNotWritten(path, e.Message), e);
        }
    }

    /// <summary>The file's text.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append($"{{\n  \"version\": {Format},\n  \"recipes\": {{");
        var first = true;
        foreach (var (key, pin) in Pins)
        {
            text.Append(first ? "\n" : ",\n").Append($"    {JsonSerializer.Serialize(key, LockJson.Plain.String)}: {{\n");
            AppendPin(text, pin);
            text.Append("    }");
            first = false;
        }
        text.Append(first ? "}" : "\n  }");
        AppendDigests(text, "images", Images);
        AppendDigests(text, "sources", Sources);
        return text.Append("\n}\n").ToString();
    }

    private static ImmutableSortedDictionary<string, Digest> Digests(SortedDictionary<string, string?>? read) => (read ?? []).ToImmutableSortedDictionary(
        i => i.Key, i => Digest.Parse(i.Value ?? "") ?? throw new JsonException($"`{i.Value}` is no digest"), StringComparer.Ordinal);

    private static void AppendDigests(StringBuilder text, string name, ImmutableSortedDictionary<string, Digest> digests)
    {
        if (!digests.IsEmpty)
        {
            text.Append($",\n  \"{name}\": {{\n    ").AppendJoin(",\n    ", digests.Select(i => $"{JsonSerializer.Serialize(i.Key, LockJson.Plain.String)}: \"{i.Value}\"")).Append("\n  }");
        }
    }

    private static void AppendPin(StringBuilder text, RecipePin pin)
    {
        text.Append($"      \"recipe\": \"{pin.Recipe}\",\n      \"layer\": \"{pin.Layer}\",\n");
        text.Append($"      \"version\": {JsonSerializer.Serialize(pin.Packages.Version, LockJson.Plain.String)},\n");
        text.Append($"      \"architecture\": {JsonSerializer.Serialize(pin.Packages.Architecture, LockJson.Plain.String)},\n");
        AppendRows(text, "suites", pin.Packages.Suites.Select(s => JsonSerializer.Serialize(s, LockJson.Plain.LockedSuite)), ",\n");
        AppendRows(text, "packages", pin.Packages.Packages.Select(p => JsonSerializer.Serialize(p, LockJson.Plain.LockedPackage)), "\n");
    }

    private static void AppendRows(StringBuilder text, string name, IEnumerable<string> rows, string end) =>
        text.Append($"      \"{name}\": [\n        ").AppendJoin(",\n        ", rows).Append("\n      ]").Append(end);

    private static Checked<BoltLock> Refused(string path, string reason) => new(null, [RecipeErrors.LockUnreadable(path, reason)]);
}

/// <summary>One recipe's pin.</summary>
/// <param name="Recipe">Digest of the recipe's text: an edited recipe is resolved anew.</param>
/// <param name="Layer">DiffId of the layer.</param>
/// <param name="Packages">What the layer is made of.</param>
internal sealed record RecipePin(Digest Recipe, Digest Layer, PackageLock Packages);

/// <summary>The file's shape: a pin with its packages flattened into it.</summary>
/// <param name="Images">Absent where no image comes from a registry.</param>
/// <param name="Sources">Absent where no Dockerfile fetches anything.</param>
internal sealed record LockFile(
    int Version, SortedDictionary<string, RecipePin> Recipes, SortedDictionary<string, string?>? Images = null, SortedDictionary<string, string?>? Sources = null);

internal sealed class RecipePinConverter : JsonConverter<RecipePin>
{
    public override RecipePin Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var row = JsonSerializer.Deserialize(ref reader, LockJson.Default.PinRow) ?? throw new JsonException("a recipe is null");
        Check(row);
        return new RecipePin(
            Digest.Parse(row.Recipe) ?? throw new JsonException($"`{row.Recipe}` is no digest"),
            Digest.Parse(row.Layer) ?? throw new JsonException($"`{row.Layer}` is no digest"),
            new PackageLock(row.Version, row.Architecture, row.Suites, row.Packages));
    }

    /// <summary>A null is read here as well, so that it is refused.</summary>
    public override bool HandleNull => true;

    // The hashes become file names, the paths URLs.
    private static void Check(PinRow row)
    {
        if (row.Suites.IsDefault || row.Packages.IsDefault || row.Suites.Any(s => s is null) || row.Packages.Any(p => p is null))
        {
            throw new JsonException("a suite or a package is null");
        }
        if (row.Packages.GroupBy(p => p.Name, StringComparer.Ordinal).FirstOrDefault(same => same.Count() > 1) is { } twice)
        {
            throw new JsonException($"the package `{twice.Key}` is named twice");
        }
        foreach (var package in row.Packages)
        {
            if (Digest.Parse("sha256:" + package.Sha256) is null || package.Size <= 0
                || package.Path.StartsWith('/') || package.Path.Split('/').Any(p => p is "" or "." or ".."))
            {
                throw new JsonException($"the package `{package.Name}` has a hash, size or path that is none");
            }
        }
    }

    public override void Write(Utf8JsonWriter writer, RecipePin value, JsonSerializerOptions options) =>
        throw new NotSupportedException("a lock writes its own lines");
}

internal sealed record PinRow(
    string Recipe,
    string Layer,
    string Version,
    string Architecture,
    ImmutableArray<LockedSuite> Suites,
    ImmutableArray<LockedPackage> Packages);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(RecipePinConverter)])]
[JsonSerializable(typeof(LockFile))]
[JsonSerializable(typeof(PinRow))]
internal sealed partial class LockJson : JsonSerializerContext
{
    /// <summary>Debian versions are full of "+", which the default encoder writes as \u002B for the sake of HTML.</summary>
    public static LockJson Plain { get; } =
        new(new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        });
}
