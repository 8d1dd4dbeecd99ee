using System.Collections.Immutable;
using Bolt.Capsules;
using Bolt.Diagnostics;
using Bolt.Dockerfiles;
using Bolt.Images;
using Bolt.Launch;
using Bolt.Storage;

namespace Bolt.Builds;

/// <summary>RUN: a capsule over the layers so far; what it wrote is the new layer.</summary>
internal sealed class RunStep(
    DockerBuilding building, int stage, DockerInstruction.Run run, ImmutableArray<string> environment, OciConfig config, ImmutableArray<ImageLayer> layers,
    ImmutableArray<string> command, Func<DockerWord, string> expand)
{
    /// <summary>Where a script that is a program of its own lies while it runs.</summary>
    public const string ScriptPath = "/dev/pipes/EOF";

    private const string Hostname = "buildkitsandbox";

    // dpkg and friends give files capabilities while they unpack; a step's programs are the image's own business.
    private static readonly ImmutableArray<string> Capabilities =
        ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "NET_BIND_SERVICE", "SYS_CHROOT", "SETFCAP"];

    private readonly string id = building.Place.Id + "-" + building.Place.NewName("s");

    private string Folder => Path.Combine(building.Place.Run, id);

    private string Upper => Path.Combine(building.Place.State, id);

    public async Task<(Digest? Layer, bool Cached)> RunAsync(int step, CancellationToken cancellationToken)
    {
        using var mounts = new RunMounts(building, stage, run, config.WorkingDirectory, expand, Path.Combine(building.Place.Run, id + ".secrets"));
        var script = run.Command is DockerCommand.Script { Text.Content: var content } ? content : "";
        var key = StepCache.Key(
            ["run 1", config.User, config.WorkingDirectory, run.Network.ToString(), script, $"{building.Options.SourceDateEpoch}"],
            layers.Select(l => l.DiffId.Hex), command, environment, await mounts.KeyAsync(cancellationToken).ConfigureAwait(false));
        if (!building.Options.NoCache && building.Cache.TryGet(key, out var known))
        {
            return (known, true);
        }
        await building.Turns.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var trees = layers.IsEmpty ? [Empty()] : await building.TreesAsync(layers, cancellationToken).ConfigureAwait(false);
            await mounts.PrepareAsync(cancellationToken).ConfigureAwait(false);
            var places = await NamesAsync(script, mounts, cancellationToken).ConfigureAwait(false);
            await ExecuteAsync(step, trees, [.. places, .. mounts.Mounts], mounts.Environment, cancellationToken).ConfigureAwait(false);
            var layer = await LayerAsync(trees, [.. places.Concat(mounts.Mounts).Select(m => m.Target)], cancellationToken).ConfigureAwait(false);
            await building.Cache.SetAsync(key, layer, cancellationToken).ConfigureAwait(false);
            return (layer, false);
        }
        finally
        {
            building.Turns.Release();
        }
    }

    private string Empty()
    {
        var folder = Path.Combine(building.Place.State, building.Place.NewName("empty"));
        StoreFolders.Ensure(folder);
        return folder;
    }

    // Names of the step are mounted, not written: they must not be in the layer.
    private async Task<ImmutableArray<CapsuleMount>> NamesAsync(string script, RunMounts mounts, CancellationToken cancellationToken)
    {
        var folder = Path.Combine(building.Place.Run, id + ".names");
        Directory.CreateDirectory(folder);
        async Task<CapsuleMount> Mount(string name, string text, string target, uint mode)
        {
            var path = Path.Combine(folder, name);
            await File.WriteAllTextAsync(path, text, cancellationToken).ConfigureAwait(false);
            await building.Tools.Files.ApplyAsync(folder, [new OwnedEntry(name, 0, 0, mode)], cancellationToken).ConfigureAwait(false);
            return new CapsuleMount.Volume(path, target, true);
        }
        var places = ImmutableArray.CreateBuilder<CapsuleMount>();
        places.Add(await Mount("hostname", Hostname + "\n", "/etc/hostname", 0x1A4).ConfigureAwait(false));
        if (!run.Network)
        {
            places.Add(await Mount("hosts", $"127.0.0.1 localhost\n::1 localhost\n127.0.1.1 {Hostname}\n", "/etc/hosts", 0x1A4).ConfigureAwait(false));
        }
        if (command is [ScriptPath])
        {
            places.Add(await Mount("script", script, ScriptPath, 0x1ED).ConfigureAwait(false));
        }
        return places.ToImmutable();
    }

    private async Task ExecuteAsync(int step, ImmutableArray<string> trees, ImmutableArray<CapsuleMount> mounts, IEnumerable<string> secret, CancellationToken cancellationToken)
    {
        var spec = new CapsuleSpec
        {
            Id = id,
            Folder = Folder,
            Ids = building.Tools.Ids,
            Layers = trees,
            Upper = Upper,
            Volatile = true,
            BareNames = true,
            Mounts = mounts,
            Command = command,
            Environment = [.. environment, .. secret],
            User = config.User,
            WorkingDirectory = config.WorkingDirectory is { Length: > 0 } folder ? folder : "/",
            Hostname = Hostname,
            Capabilities = Capabilities,
            Seat = run.Network ? await building.Network.SeatAsync(cancellationToken).ConfigureAwait(false) : null,
            DieWithOwner = true,
            OneProcessor = building.Options.Surroundings.OneProcessor,
            LogRotateBytes = 256 << 20,
        };
        try
        {
            var capsule = await StartAsync(spec, cancellationToken).ConfigureAwait(false);
            await FollowAsync(capsule, step, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await Capsule.DeleteAsync(Folder, building.Tools.Files, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task<Capsule> StartAsync(CapsuleSpec spec, CancellationToken cancellationToken)
    {
        try
        {
            return await Capsule.StartAsync(building.Tools.ShimPath, spec, cancellationToken).ConfigureAwait(false);
        }
        catch (BoltException e)
        {
            throw new BoltException(DockerBuildErrors.NotStarted(run.At, Shown, e.Diagnostic), e);
        }
    }

    private async Task FollowAsync(Capsule capsule, int step, CancellationToken cancellationToken)
    {
        var (exit, last) = await CommandEnd.FollowAsync(
            capsule, line => building.Progress?.Report(new BuildEvent.StepOutput(step, line.Text, line.IsError)), cancellationToken).ConfigureAwait(false);
        if (exit.Code != 0)
        {
            throw new BoltException(DockerBuildErrors.StepFailed(run.At, Shown, exit.Code, exit.Signal, last));
        }
    }

    private async Task<Digest?> LayerAsync(ImmutableArray<string> trees, ImmutableArray<string> targets, CancellationToken cancellationToken)
    {
        var upper = Upper + "/upper";
        string[] own = ["/etc/hosts", "/etc/resolv.conf", "/proc", "/sys", "/dev"];
        // Deepest first: a target may lie on another one.
        await building.Tools.Files.DropStubsAsync(upper, trees, targets.Concat(own).Distinct().OrderByDescending(t => t.Length), cancellationToken).ConfigureAwait(false);
        if (!await HoldsAsync(upper, cancellationToken).ConfigureAwait(false))
        {
            return null;
        }
        var layer = await building.Tools.Content.MakeAsync(
            path => building.Tools.Files.PackAsync(new FileOperation.Pack([upper], "/", true, true, building.Options.SourceDateEpoch ?? -1, path), cancellationToken), cancellationToken).ConfigureAwait(false);
        // With clamped times the tree is not what the tar says.
        if (building.Options.SourceDateEpoch is null)
        {
            await building.Tools.Trees.AdoptAsync(layer, upper, cancellationToken).ConfigureAwait(false);
        }
        return layer;
    }

    private static Task<bool> HoldsAsync(string upper, CancellationToken cancellationToken) => Task.Run(() => Directory.EnumerateFileSystemEntries(upper).Any(), cancellationToken);

    // In one line, as the Dockerfile has it.
    private string Shown => string.Join(' ', run.Text.Split((char[])['\n', ' ', '\t'], StringSplitOptions.RemoveEmptyEntries));
}
