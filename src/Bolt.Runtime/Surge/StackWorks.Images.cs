using System.Collections.Immutable;
using System.Security.Cryptography;
using Bolt.Builds;
using Bolt.Diagnostics;
using Bolt.Storage;

namespace Bolt.Surge;

internal sealed partial class StackWorks
{
    private Task<PreparedImage> PrepareAsync(StackService service, CancellationToken cancellation)
    {
        if (Ground?.Frozen.Images.GetValueOrDefault(service.Name) is { } known) return _images[service.Name] = Task.FromResult(known);
        var step = $"prepare {service.Name}";
        var progress = new StepReport(p => tell(new StackEvent.StepProgress(clock.GetUtcNow(), step, p.Text, p.Done, p.Total)));
        return _images[service.Name] = WarnedAsync(rooms.Images.PrepareAsync(service.Wanted.Source, Stack.Folder, Lock, Request.Offline, progress, cancellation));
    }

    private async Task<PreparedImage> WarnedAsync(Task<PreparedImage> preparing)
    {
        var image = await preparing.ConfigureAwait(false);
        foreach (var warning in image.Warnings) tell(new StackEvent.Warned(clock.GetUtcNow(), warning));
        return image;
    }

    // A service that was adopted has never been prepared in this process; its image is on disk.
    private Task<PreparedImage> ImageOfAsync(StackService service, CancellationToken cancellation) =>
        _images.TryGetValue(service.Name, out var task) && task.IsCompletedSuccessfully ? task : PrepareAsync(service, cancellation);

    private async Task<Dictionary<string, string>> EnvironmentAsync(StackService service, CancellationToken cancellation)
    {
        var values = new Dictionary<string, string>();
        foreach (var (name, value) in service.Env)
        {
            values[name] = value switch
            {
                EnvValue.Text text => text.Value,
                EnvValue.UrlOf url => await UrlAsync(service, Stack[url.Service], cancellation).ConfigureAwait(false),
                _ => throw new InvalidOperationException("not a value"),
            };
        }
        return values;
    }

    private async Task<string> UrlAsync(StackService asking, StackService service, CancellationToken cancellation)
    {
        var image = await ImageOfAsync(service, cancellation).ConfigureAwait(false);
        var port = image.Recipe?.Port ?? service.Wanted.Ports.Select(p => (int?)p.ContainerPort).FirstOrDefault() ?? image.ExposedPorts.Cast<int?>().FirstOrDefault();
        if (port is null && image.Recipe?.Url is null) throw new BoltException(SurgeErrors.NoUrl(asking.Name, service.Name));
        return ServiceUrl.Of(image.Recipe?.Url ?? "http://{host}:{port}", service.Name, port, CredentialsOf(service, image.Recipe));
    }

    public ImmutableArray<int> PortsOf(string service)
    {
        var image = _images.GetValueOrDefault(service) is { IsCompletedSuccessfully: true } prepared ? prepared.Result : null;
        var written = Stack[service].Wanted.Ports.Where(p => p.Protocol == Boltfiles.PortProtocol.Tcp).Select(p => p.ContainerPort);
        return [.. written.Concat(image?.Recipe?.Port is { } port ? [port] : []).Concat(image?.ExposedPorts ?? []).Distinct()];
    }

    public RecipeCredentials? LoginOf(string service) => CredentialsOf(Stack[service], RecipeOf(service));

    public string UrlFor(string service, string host, int port) =>
        ServiceUrl.Of(RecipeOf(service)?.Url ?? "http://{host}:{port}", host, port, LoginOf(service));

    private RecipeTraits? RecipeOf(string service) =>
        _images.GetValueOrDefault(service) is { IsCompletedSuccessfully: true } prepared ? prepared.Result.Recipe : null;

    private RecipeCredentials? CredentialsOf(StackService service, RecipeTraits? recipe) => RecipeCredentials.Of(
        service.Wanted.Auth is { } auth ? (auth.User, auth.Password) : null,
        recipe,
        service.Env.Where(e => e.Value is EnvValue.Text).ToDictionary(e => e.Key, e => ((EnvValue.Text)e.Value).Value),
        () => Ground?.Password.Value ?? Passwords.Of(service.Name));

    private PasswordFile Passwords => new(Path.Combine(rooms.Paths.State, "stacks", folder.Name.Id));

    private sealed class StepReport(Action<BuildProgress> report) : IProgress<BuildProgress>
    {
        // Progress<T> would go through the thread pool, which loses the order.
        public void Report(BuildProgress value) => report(value);
    }
}

/// <summary>A connection URL from a recipe's pattern. Pure.</summary>
internal static class ServiceUrl
{
    public static string Of(string pattern, string host, int? port, RecipeCredentials? credentials)
    {
        var url = pattern.Replace("{host}", host, StringComparison.Ordinal).Replace("{port}", port?.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);
        // Nobody logs in to a service that has no credentials.
        url = credentials is null ? url.Replace("{user}:{password}@", "", StringComparison.Ordinal) : url;
        // A password may hold @ or /: escaped, or the URL would name another host.
        return CapsuleDraft.Fill(url, credentials is null ? null : new RecipeCredentials(
            Uri.EscapeDataString(credentials.User), Uri.EscapeDataString(credentials.Password), Uri.EscapeDataString(credentials.Database)));
    }
}

/// <summary>Passwords that no one chose: made once per service, kept beside the stack's state, readable by its user alone.</summary>
internal sealed record PasswordFile(string Folder)
{
    private static readonly Lock Writing = new();

    private string File => Folder + "/passwords.json";

    public string Of(string service)
    {
        // Two services may start at once; the file is one.
        lock (Writing)
        {
            var known = StackFolder.Read(File, () => StackJsonShapes.Default.DictionaryStringString) ?? [];
            if (known.TryGetValue(service, out var password)) return password;
            known[service] = password = RandomNumberGenerator.GetHexString(32, lowercase: true);
            Directory.CreateDirectory(Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            StackFolder.Write(File, known, StackJsonShapes.Default.DictionaryStringString, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            return password;
        }
    }

    public void Delete()
    {
        if (Directory.Exists(Folder)) Directory.Delete(Folder, recursive: true);
    }
}
