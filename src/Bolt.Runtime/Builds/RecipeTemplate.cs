using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Bolt.Capsules;
using Bolt.Diagnostics;
using Bolt.Storage;

namespace Bolt.Builds;

/// <summary>
/// A prepared data folder, made once per layer and credentials and kept as a tree: laid under an ephemeral capsule it
/// saves the seconds that preparing takes. STATE/templates/HEX/upper is what the initialize program changed.
/// </summary>
internal sealed class RecipeTemplate(BuildTools tools, string who, Recipe recipe, Digest layer, string tree)
{
    private const string Done = "done";
    private const string DefaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private static readonly ConcurrentDictionary<string, SemaphoreSlim> Making = new();

    public async Task<string> TreeAsync(RecipeCredentials credentials, CancellationToken cancellationToken)
    {
        var folder = Path.Combine(tools.Paths.State, "templates", Key(credentials));
        var gate = Making.GetOrAdd(folder, _ => new SemaphoreSlim(1));
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!File.Exists(Path.Combine(folder, Done)))
            {
                await MakeAsync(folder, credentials, cancellationToken).ConfigureAwait(false);
            }
            return Path.Combine(folder, "upper");
        }
        finally
        {
            gate.Release();
        }
    }

    private async Task MakeAsync(string folder, RecipeCredentials credentials, CancellationToken cancellationToken)
    {
        var id = $"template-{Guid.NewGuid():n}"[..24];
        var beside = $"{folder}.{id}";
        var place = Path.Combine(tools.Paths.Run, "templates", id);
        Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        Directory.CreateDirectory(Path.GetDirectoryName(place)!);
        try
        {
            var capsule = await Capsule.StartAsync(tools.ShimPath, Spec(id, place, beside, credentials), cancellationToken).ConfigureAwait(false);
            await FinishAsync(capsule, place, cancellationToken).ConfigureAwait(false);
            await File.WriteAllTextAsync(Path.Combine(beside, Done), "", cancellationToken).ConfigureAwait(false);
            Rename(beside, folder);
        }
        finally
        {
            await Capsule.DeleteAsync(place, tools.Files, CancellationToken.None).ConfigureAwait(false);
            await tools.Files.DeleteTreeAsync(beside, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task FinishAsync(Capsule capsule, string place, CancellationToken cancellationToken)
    {
        CapsuleExit exit;
        try
        {
            exit = await capsule.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await capsule.StopAsync(TimeSpan.Zero, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
        if (exit.Code != 0)
        {
            var output = new List<string>();
            await foreach (var line in CapsuleLog.ReadAsync(place, false, null, 5, cancellationToken).ConfigureAwait(false))
            {
                output.Add(line.Text);
            }
            throw new BoltException(RecipeErrors.TemplateFailed(who,
                exit.Code is { } code ? $"ended with code {code}" : $"was ended by signal {exit.Signal}", string.Join("; ", output)));
        }
    }

    private CapsuleSpec Spec(string id, string place, string upper, RecipeCredentials credentials) => new()
    {
        Id = id,
        Folder = place,
        Ids = tools.Ids,
        Layers = [tree],
        Upper = upper,
        Command = recipe.Initialize!.Value,
        Environment =
        [
            .. recipe.Environment.Any(e => e.StartsWith("PATH=", StringComparison.Ordinal)) ? [] : (string[])[DefaultPath],
            .. recipe.Environment,
            // What is laid under ephemeral capsules need not survive a power cut.
            "BOLT_EPHEMERAL=1",
            .. credentials.ForInitialize,
        ],
        User = recipe.UserUnder(tools.Ids),
        Hostname = "template",
        DieWithOwner = true,
    };

    // Whoever came second throws its own away: both are right.
    private static void Rename(string from, string to)
    {
        try
        {
            Directory.Move(from, to);
        }
        catch (IOException) when (File.Exists(Path.Combine(to, Done)))
        {
        }
    }

    // A password is in the key only as a part of its hash; the data folder has it hashed as well.
    private string Key(RecipeCredentials credentials) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
        string.Join('\0', [layer.Hex, .. credentials.ForInitialize, .. recipe.Initialize!.Value, .. recipe.Environment]))));
}
