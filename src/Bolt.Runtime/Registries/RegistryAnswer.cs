using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Bolt.Diagnostics;

namespace Bolt.Registries;

/// <summary>Bodies of answers, bounded, and what refusals say.</summary>
internal static class RegistryAnswer
{
    private const int MaxWords = 64 << 10, MaxSentence = 300;

    /// <summary>The whole body; more than the limit is an error, whatever its length header says.</summary>
    public static async Task<byte[]> ReadAsync(HttpResponseMessage response, string host, string what, long limit, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentLength > limit)
        {
            throw new BoltException(RegistryErrors.TooLarge(host, what, limit));
        }
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            var bytes = new MemoryStream();
            var buffer = new byte[16 << 10];
            while (await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is var read and > 0)
            {
                if (bytes.Length + read > limit)
                {
                    throw new BoltException(RegistryErrors.TooLarge(host, what, limit));
                }
                bytes.Write(buffer, 0, read);
            }
            return bytes.ToArray();
        }
    }

    /// <summary>What a refusal means for who asked for <paramref name="what"/>.</summary>
    public static async Task<BoltException> ErrorAsync(HttpResponseMessage response, string host, string what, bool loggedIn, CancellationToken cancellationToken)
    {
        var words = await WordsAsync(response, host, cancellationToken).ConfigureAwait(false);
        return new BoltException(response.StatusCode switch
        {
            HttpStatusCode.NotFound or HttpStatusCode.Gone => RegistryErrors.NotFound(what, host),
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => RegistryErrors.NotAllowed(host, what, loggedIn, words),
            HttpStatusCode.TooManyRequests => RegistryErrors.Busy(host, response.Headers.RetryAfter?.ToString()),
            var other => RegistryErrors.Refused(host, (int)other, words),
        });
    }

    // {"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown","detail":…}]}
    private static async Task<string?> WordsAsync(HttpResponseMessage response, string host, CancellationToken cancellationToken)
    {
        try
        {
            var bytes = await ReadAsync(response, host, "refusal", MaxWords, cancellationToken).ConfigureAwait(false);
            var first = JsonSerializer.Deserialize(bytes, RegistryJson.Default.ErrorAnswer)?.Errors?.FirstOrDefault(e => e is not null);
            var words = first?.Message is { Length: > 0 } message ? message : first?.Code;
            return words is null or "" ? null : words.Length > MaxSentence ? words[..MaxSentence] + "…" : words;
        }
        catch (Exception e) when (e is JsonException or IOException or HttpRequestException or BoltException)
        {
            return null;
        }
    }
}

internal sealed record TokenAnswer(string? Token, [property: JsonPropertyName("access_token")] string? AccessToken);

internal sealed record ErrorAnswer(ErrorEntry[]? Errors);

internal sealed record ErrorEntry(string? Code, string? Message);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(TokenAnswer))]
[JsonSerializable(typeof(ErrorAnswer))]
internal sealed partial class RegistryJson : JsonSerializerContext;
