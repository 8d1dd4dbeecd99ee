using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Bolt.Diagnostics;
using Bolt.Storage;

namespace Bolt.Registries;

/// <summary>~/.docker/config.json: credentials in it, and the helpers that keep them elsewhere.</summary>
internal sealed class DockerConfig
{
    private const long MaxBytes = 4 << 20;
    private const string HubKey = "https://index.docker.io/v1/";

    private readonly string? path;
    private readonly DockerConfigDocument document;

    private DockerConfig(string? path, DockerConfigDocument document) => (this.path, this.document) = (path, document);

    /// <summary>An absent file is an empty one.</summary>
    public static DockerConfig Read(string? path)
    {
        try
        {
            if (path is null || !File.Exists(path))
            {
                return new DockerConfig(path, new DockerConfigDocument());
            }
            return new FileInfo(path).Length <= MaxBytes
                ? new DockerConfig(path, JsonSerializer.Deserialize(File.ReadAllBytes(path), DockerConfigJson.Default.DockerConfigDocument) ?? new DockerConfigDocument())
                : throw new BoltException(RegistryErrors.CredentialsUnreadable(path, "it is larger than 4 MiB"));
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new BoltException(RegistryErrors.CredentialsUnreadable(path!, e.Message), e);
        }
    }

    /// <summary>The same with this login for a registry, wherever another is kept.</summary>
    public DockerConfig With(string host, Credentials.Password login) => new(path, new DockerConfigDocument { Auths = new() { [Key(host)] = new AuthDocument { Username = login.User, Password = login.Secret } } });

    /// <summary>The credentials for a registry; null: none are known.</summary>
    /// <param name="repository">Podman's files may name one repository, or a path above it.</param>
    public async Task<Credentials?> FindAsync(string host, string repository, CancellationToken cancellationToken)
    {
        var server = Key(host);
        var helper = document.CredHelpers?.GetValueOrDefault(host) ?? document.CredsStore;
        if (helper is { Length: > 0 } && await CredentialProgram.GetAsync(helper, server, cancellationToken).ConfigureAwait(false) is { } kept)
        {
            return kept;
        }
        return Entry(host, repository) is { } entry ? Of(entry) : null;
    }

    /// <summary>The file with a login in it, or with one taken out; members that Bolt does not know are kept.</summary>
    public async Task WriteAsync(string host, Credentials.Password? login, CancellationToken cancellationToken)
    {
        var key = Key(host);
        var auths = new Dictionary<string, AuthDocument>(document.Auths ?? [], StringComparer.Ordinal);
        auths.Remove(key);
        if (login is not null)
        {
            auths[key] = new AuthDocument { Auth = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{login.User}:{login.Secret}")) };
        }
        var bytes = JsonSerializer.SerializeToUtf8Bytes(document with { Auths = auths }, DockerConfigJson.Default.DockerConfigDocument);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path!)!, (UnixFileMode)0b111_000_000);
            // Nobody else may read it, from its first byte on.
            await StoreFolders.WriteWholeAsync(path!, bytes, cancellationToken, (UnixFileMode)0b110_000_000).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageErrors.Wrap(path!, e);
        }
    }

    private static string Key(string host) => host == "docker.io" ? HubKey : host;

    // Keys are "host", "host/path" (podman), or an address with a scheme and a path (Docker of old).
    private AuthDocument? Entry(string host, string repository)
    {
        var auths = document.Auths ?? [];
        for (var key = $"{host}/{repository}"; ; key = key[..key.LastIndexOf('/')])
        {
            if (auths.TryGetValue(key, out var found) || auths.TryGetValue(Key(key), out found))
            {
                return found;
            }
            if (!key.Contains('/', StringComparison.Ordinal))
            {
                break;
            }
        }
        return auths.Where(a => Host(a.Key) == host).Select(a => a.Value).FirstOrDefault();
    }

    private static string Host(string key)
    {
        var from = key.IndexOf("://", StringComparison.Ordinal) is var scheme and >= 0 ? scheme + 3 : 0;
        // Without a scheme a path names a repository, which was looked for already.
        var end = key.IndexOf('/', from);
        var host = end < 0 ? key[from..] : from > 0 ? key[from..end] : "";
        return host is "index.docker.io" or "registry-1.docker.io" ? "docker.io" : host;
    }

    private Credentials? Of(AuthDocument entry)
    {
        if (entry.RegistryToken is { Length: > 0 } bearer)
        {
            return new Credentials.Bearer(bearer);
        }
        if (entry.IdentityToken is { Length: > 0 } identity)
        {
            return new Credentials.Identity(identity);
        }
        var (user, secret) = (entry.Username, entry.Password);
        if (entry.Auth is { Length: > 0 } auth)
        {
            var bytes = new byte[auth.Length];
            if (!Convert.TryFromBase64String(auth, bytes, out var length) || Encoding.UTF8.GetString(bytes, 0, length) is var pair && !pair.Contains(':', StringComparison.Ordinal))
            {
                throw new BoltException(RegistryErrors.CredentialsUnreadable(path!, "an `auth` in it is not base64 of `user:password`"));
            }
            pair = Encoding.UTF8.GetString(bytes, 0, length).TrimEnd('\0');
            (user, secret) = (pair[..pair.IndexOf(':', StringComparison.Ordinal)], pair[(pair.IndexOf(':', StringComparison.Ordinal) + 1)..]);
        }
        return user is { Length: > 0 } ? new Credentials.Password(user, secret ?? "") : null;
    }
}

/// <summary>The file's shape.</summary>
internal sealed record DockerConfigDocument
{
    public Dictionary<string, AuthDocument>? Auths { get; init; }
    public string? CredsStore { get; init; }
    public Dictionary<string, string>? CredHelpers { get; init; }
    // Not init: the generated reader would bind it to a constructor, which extension data cannot have.
    [JsonExtensionData] public Dictionary<string, JsonElement>? Others { get; set; }
}

internal sealed record AuthDocument
{
    public string? Auth { get; init; }
    public string? Username { get; init; }
    public string? Password { get; init; }
    [JsonPropertyName("identitytoken")] public string? IdentityToken { get; init; }
    [JsonPropertyName("registrytoken")] public string? RegistryToken { get; init; }
    // Not init: the generated reader would bind it to a constructor, which extension data cannot have.
    [JsonExtensionData] public Dictionary<string, JsonElement>? Others { get; set; }
}

/// <summary>What `docker-credential-X get` prints.</summary>
internal sealed record HelperAnswer([property: JsonPropertyName("Username")] string? Username, [property: JsonPropertyName("Secret")] string? Secret);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(DockerConfigDocument))]
[JsonSerializable(typeof(HelperAnswer))]
internal sealed partial class DockerConfigJson : JsonSerializerContext;
