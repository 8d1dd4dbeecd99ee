using System.Collections.Immutable;
using System.Net;
using Bolt.Diagnostics;

namespace Bolt.Registries;

/// <summary>Requests to registries: addressed, authorised, tried again when that may help, and given up with a sentence.</summary>
internal sealed class RegistryClient : IDisposable
{
    private const int MostConnects = 3;

    private readonly RegistryTransport transport;
    private readonly RegistryAddresses addresses;
    private readonly RegistryTokens tokens;

    public RegistryClient(RegistrySettings settings, Func<DockerConfig> config, RegistryPatience patience, TimeProvider clock)
    {
        (Patience, Clock, Settings) = (patience, clock, settings);
        transport = new RegistryTransport(settings);
        addresses = new RegistryAddresses(settings, transport);
        tokens = new RegistryTokens(settings, new Lazy<DockerConfig>(config));
    }

    public RegistryPatience Patience { get; }

    public RegistrySettings Settings { get; }

    public TimeProvider Clock { get; }

    /// <summary>Told before each wait: the registry, why, and how long.</summary>
    public Action<string, string, TimeSpan> Waiting { get; init; } = (_, _, _) => { };

    /// <summary>The answer to a request, whatever its status; passing troubles have been waited out.</summary>
    /// <param name="make">Makes the request anew for each try.</param>
    /// <param name="actions">What a token must allow: "pull", "pull,push".</param>
    /// <param name="alsoFrom">Another repository of the registry that is read on the way.</param>
    public Task<HttpResponseMessage> SendAsync(
        RegistryRepository repository, string actions, Func<Uri, HttpRequestMessage> make, CancellationToken cancellationToken, RegistryRepository? alsoFrom = null)
    {
        ImmutableArray<string> scopes = alsoFrom is null ? [repository.Scope(actions)] : [repository.Scope(actions), alsoFrom.Scope("pull")];
        return PersistAsync(repository.Host, token => AuthorisedAsync(repository, scopes, make, token), cancellationToken);
    }

    /// <summary>Whether the registry takes the credentials that are known for it.</summary>
    public async Task CheckLoginAsync(string host, CancellationToken cancellationToken)
    {
        var registry = new RegistryRepository(host, "");
        using var response = await ExpectAsync(
            await PersistAsync(host, token => AuthorisedAsync(registry, [], a => new HttpRequestMessage(HttpMethod.Get, new Uri(a, "/v2/")), token), cancellationToken).ConfigureAwait(false),
            registry, host, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>One try of a request that the caller repeats himself.</summary>
    public Task<HttpResponseMessage> SendOnceAsync(RegistryRepository repository, string actions, Func<Uri, HttpRequestMessage> make, CancellationToken cancellationToken) =>
        AuthorisedAsync(repository, [repository.Scope(actions)], make, cancellationToken);

    /// <summary>The answer when it is a success; else the sentence for it.</summary>
    public async Task<HttpResponseMessage> ExpectAsync(HttpResponseMessage response, RegistryRepository repository, string what, CancellationToken cancellationToken)
    {
        if (response.IsSuccessStatusCode)
        {
            return response;
        }
        using (response)
        {
            var loggedIn = await tokens.CredentialsAsync(repository, cancellationToken).ConfigureAwait(false) is not null;
            throw await RegistryAnswer.ErrorAsync(response, repository.Host, what, loggedIn, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A whole small document. One that breaks off is asked for again by whoever retries the whole.</summary>
    public async Task<byte[]> BodyAsync(HttpResponseMessage response, string host, string what, long limit, CancellationToken cancellationToken)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        silence.CancelAfter(Patience.Silence);
        try
        {
            return await RegistryAnswer.ReadAsync(response, host, what, limit, silence.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (IsTrouble(e, cancellationToken))
        {
            throw new BoltException(RegistryErrors.Unreachable(host, e is OperationCanceledException ? "it sent nothing for a while" : e.Message), e);
        }
    }

    /// <summary>Waits before another try; throws when there is to be none.</summary>
    public async Task WaitAsync(string host, int failed, HttpResponseMessage? response, Exception? cause, CancellationToken cancellationToken)
    {
        var reason = cause is null ? $"it answers {(int)response!.StatusCode}" : Reason(cause);
        var lasting = cause is HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError }
            || (cause is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } && failed >= MostConnects);
        var wait = lasting ? null : Patience.Wait(failed, response?.Headers.RetryAfter, Clock.GetUtcNow(), Random.Shared.NextDouble());
        if (wait is not { } pause)
        {
            throw new BoltException(
                response is not null ? response.StatusCode == HttpStatusCode.TooManyRequests ? RegistryErrors.Busy(host, response.Headers.RetryAfter?.ToString()) : RegistryErrors.Refused(host, (int)response.StatusCode, null)
                : cause is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } ? RegistryErrors.Untrusted(host, reason)
                : RegistryErrors.Unreachable(host, reason), cause);
        }
        Waiting(host, reason, pause);
        await Task.Delay(pause, Clock, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Troubles of a connection, which another one may not have.</summary>
    public static bool IsTrouble(Exception e, CancellationToken cancellationToken) =>
        e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    private async Task<HttpResponseMessage> PersistAsync(string host, Func<CancellationToken, Task<HttpResponseMessage>> send, CancellationToken cancellationToken)
    {
        for (var failed = 1; ; failed++)
        {
            HttpResponseMessage? response = null;
            Exception? cause = null;
            try
            {
                response = await send(cancellationToken).ConfigureAwait(false);
                if (!RegistryPatience.IsPassing(response.StatusCode))
                {
                    return response;
                }
            }
            catch (Exception e) when (IsTrouble(e, cancellationToken))
            {
                cause = e;
            }
            using (response)
            {
                await WaitAsync(host, failed, response, cause, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task<HttpResponseMessage> AuthorisedAsync(
        RegistryRepository repository, ImmutableArray<string> scopes, Func<Uri, HttpRequestMessage> make, CancellationToken cancellationToken)
    {
        var address = await addresses.OfAsync(repository.Host, cancellationToken).ConfigureAwait(false);
        var response = await OnceAsync(address, make, tokens.Known(repository.Host, scopes), cancellationToken).ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.Unauthorized)
        {
            return response;
        }
        var challenges = AuthChallenge.Parse(response.Headers.TryGetValues("WWW-Authenticate", out var values) ? values : []);
        Task<HttpResponseMessage> AskTokenServer(Func<HttpRequestMessage> request) =>
            PersistAsync(repository.Host, token => SilentAsync(request(), token), cancellationToken);
        if (await tokens.AnswerAsync(repository, address, challenges, scopes, AskTokenServer, cancellationToken).ConfigureAwait(false) is not { } header)
        {
            return response;
        }
        response.Dispose();
        return await OnceAsync(address, make, header, cancellationToken).ConfigureAwait(false);
    }

    private Task<HttpResponseMessage> OnceAsync(Uri address, Func<Uri, HttpRequestMessage> make, string? authorization, CancellationToken cancellationToken)
    {
        var request = make(address);
        // An upload may be sent on to another host, which is not to see who asks.
        if (authorization is not null && request.RequestUri!.Authority == address.Authority && request.RequestUri.Scheme == address.Scheme)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }
        return SilentAsync(request, cancellationToken);
    }

    // A body that is sent has a clock of its own.
    private async Task<HttpResponseMessage> SilentAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.TryAddWithoutValidation("User-Agent", "bolt");
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (request.Content is WatchedContent watched)
        {
            watched.Watch(silence, Patience.Silence);
        }
        silence.CancelAfter(Patience.Silence);
        return await transport.SendAsync(request, silence.Token).ConfigureAwait(false);
    }

    private string Reason(Exception e) => e switch
    {
        OperationCanceledException => $"it sent nothing for {Patience.Silence.TotalSeconds:0.#} s",
        { InnerException: { } inner } => inner.Message,
        _ => e.Message,
    };

    public void Dispose() => transport.Dispose();
}
