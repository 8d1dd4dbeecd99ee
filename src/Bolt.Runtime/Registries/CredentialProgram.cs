using System.Buffers;
using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using Bolt.Diagnostics;

namespace Bolt.Registries;

/// <summary>docker-credential-NAME: the server's name on its standard input, its answer one JSON object.</summary>
internal static class CredentialProgram
{
    private const int MaxAnswer = 1 << 20;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

    /// <summary>Null when the helper knows no login for the server.</summary>
    public static async Task<Credentials?> GetAsync(string name, string server, CancellationToken cancellationToken)
    {
        var program = "docker-credential-" + name;
        // The name stands in a file that others may have written; it must not lead to another program.
        if (name.AsSpan().ContainsAnyExcept(NameCharacters))
        {
            throw new BoltException(RegistryErrors.HelperFailed(program, "that is no name of a helper"));
        }
        using var process = Start(program);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            var (code, output) = await TalkAsync(process, server, limit.Token).ConfigureAwait(false);
            if (code != 0)
            {
                return output.Contains("credentials not found", StringComparison.OrdinalIgnoreCase)
                    ? null
                    : throw new BoltException(RegistryErrors.HelperFailed(program, output.Trim() is { Length: > 0 } words ? words : $"it ended with {code}"));
            }
            var answer = JsonSerializer.Deserialize(output, DockerConfigJson.Default.HelperAnswer);
            return answer is not { Username.Length: > 0, Secret: { } secret } ? null
                : answer.Username == "<token>" ? new Credentials.Identity(secret)
                : new Credentials.Password(answer.Username, secret);
        }
        catch (JsonException e)
        {
            throw new BoltException(RegistryErrors.HelperFailed(program, "its answer is no JSON"), e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new BoltException(RegistryErrors.HelperFailed(program, $"it did not answer within {Limit.TotalSeconds:0} s"), e);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private static async Task<(int Code, string Output)> TalkAsync(Process process, string server, CancellationToken cancellationToken)
    {
        // What it says to standard error is for a person and must not fill a pipe that no one reads.
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        try
        {
            await process.StandardInput.WriteAsync(server.AsMemory(), cancellationToken).ConfigureAwait(false);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading; its exit code says why.
        }
        var buffer = new char[MaxAnswer];
        var read = await process.StandardOutput.ReadBlockAsync(buffer, cancellationToken).ConfigureAwait(false);
        await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        var output = new string(buffer, 0, read);
        return (process.ExitCode, process.ExitCode != 0 && output.Length == 0 ? await errors.ConfigureAwait(false) : output);
    }

    private static Process Start(string program)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(program, ["get"])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
        }
        catch (Win32Exception e)
        {
            throw new BoltException(RegistryErrors.HelperFailed(program, e.Message), e);
        }
    }
}
