using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Bolt.Diagnostics;

namespace Bolt.Registries;

/// <summary>Answers to a registry's challenges: passwords as they are, or tokens fetched with them (distribution's token spec).</summary>
internal sealed class RegistryTokens(RegistrySettings settings, Lazy<DockerConfig> config)
{
    private const int MaxAnswer = 1 << 20;

    private readonly ConcurrentDictionary<(string Host, string Scopes), string> known = new();

    /// <summary>The Authorization header that was good before; null: none was needed yet.</summary>
    public string? Known(string host, ImmutableArray<string> scopes) => known.GetValueOrDefault((host, Key(scopes)));

    /// <summary>The header for a challenge; null: there is nothing to answer it with.</summary>
    /// <param name="send">Carries a request to the token server.</param>
    public async Task<string?> AnswerAsync(
        RegistryRepository repository, Uri address, ImmutableArray<AuthChallenge> challenges, ImmutableArray<string> scopes,
        Func<Func<HttpRequestMessage>, Task<HttpResponseMessage>> send, CancellationToken cancellationToken)
    {
        var credentials = await CredentialsAsync(repository, cancellationToken).ConfigureAwait(false);
        string? header = null;
        if (credentials is Credentials.Bearer bearer)
        {
            header = "Bearer " + bearer.Token;
        }
        else if (challenges.FirstOrDefault(c => c.Is("Bearer") && c["realm"] is not null) is { } challenge)
        {
            header = await TokenAsync(repository.Host, address, challenge, credentials, scopes, send, cancellationToken).ConfigureAwait(false);
        }
        else if (challenges.Any(c => c.Is("Basic")) && credentials is Credentials.Password password)
        {
            header = password.Basic;
        }
        if (header is not null)
        {
            known[(repository.Host, Key(scopes))] = header;
        }
        return header;
    }

    public Task<Credentials?> CredentialsAsync(RegistryRepository repository, CancellationToken cancellationToken) =>
        config.Value.FindAsync(repository.Host, repository.Path, cancellationToken);

    private async Task<string?> TokenAsync(
        string host, Uri address, AuthChallenge challenge, Credentials? credentials, ImmutableArray<string> scopes,
        Func<Func<HttpRequestMessage>, Task<HttpResponseMessage>> send, CancellationToken cancellationToken)
    {
        var realm = Realm(host, address, challenge["realm"]!);
        ImmutableArray<string> wanted = challenge["scope"] is { Length: > 0 } asked && !scopes.Contains(asked) && scopes.IsEmpty ? [asked] : scopes;
        using var response = await send(() => Request(realm, challenge["service"], credentials, wanted)).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
        {
            return response.StatusCode is System.Net.HttpStatusCode.Unauthorized or System.Net.HttpStatusCode.Forbidden or System.Net.HttpStatusCode.BadRequest
                ? null
                : throw await RegistryAnswer.ErrorAsync(response, host, "token", loggedIn: credentials is not null, cancellationToken).ConfigureAwait(false);
        }
        var bytes = await RegistryAnswer.ReadAsync(response, host, "token", MaxAnswer, cancellationToken).ConfigureAwait(false);
        try
        {
            var answer = JsonSerializer.Deserialize(bytes, RegistryJson.Default.TokenAnswer);
            var token = answer?.Token is { Length: > 0 } first ? first : answer?.AccessToken;
            return token is { Length: > 0 } && !token.AsSpan().ContainsAny('\r', '\n')
                ? "Bearer " + token
                : throw new BoltException(RegistryErrors.BadAnswer(realm.Authority, "its token is empty"));
        }
        catch (JsonException e)
        {
            throw new BoltException(RegistryErrors.BadAnswer(realm.Authority, "its token is no JSON"), e);
        }
    }

    // Credentials are sent there: never unencrypted, unless the registry itself is spoken to so.
    private Uri Realm(string host, Uri address, string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var realm)
        && (realm.Scheme == Uri.UriSchemeHttps
            || (realm.Scheme == Uri.UriSchemeHttp && address.Scheme == Uri.UriSchemeHttp && (realm.IsLoopback || settings.Of(realm.Authority).Insecure || realm.Host == address.Host)))
            ? realm
            : throw new BoltException(RegistryErrors.BadRealm(host, text));

    private static HttpRequestMessage Request(Uri realm, string? service, Credentials? credentials, ImmutableArray<string> scopes)
    {
        if (credentials is Credentials.Identity identity)
        {
            // OAuth2's refresh grant knows one scope parameter, with spaces in it.
            return new HttpRequestMessage(HttpMethod.Post, realm)
            {
                Content = new FormUrlEncodedContent(
                [
                    new("grant_type", "refresh_token"), new("service", service ?? ""), new("client_id", "bolt"),
                    new("scope", string.Join(' ', scopes)), new("refresh_token", identity.Token),
                ]),
            };
        }
        var query = string.Join('&', scopes.Select(s => "scope=" + Uri.EscapeDataString(s)).Prepend(service is null ? "" : "service=" + Uri.EscapeDataString(service)).Where(q => q.Length > 0));
        var request = new HttpRequestMessage(HttpMethod.Get, new UriBuilder(realm) { Query = realm.Query.Length > 1 ? $"{realm.Query[1..]}&{query}" : query }.Uri);
        if (credentials is Credentials.Password password)
        {
            request.Headers.TryAddWithoutValidation("Authorization", password.Basic);
        }
        return request;
    }

    private static string Key(ImmutableArray<string> scopes) => string.Join(' ', scopes);
}
