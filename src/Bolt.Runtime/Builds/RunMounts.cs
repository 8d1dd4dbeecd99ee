using System.Collections.Immutable;
using Bolt.Capsules;
using Bolt.Diagnostics;
using Bolt.Dockerfiles;
using Bolt.Images;
using Bolt.Launch;
using Bolt.Storage;

namespace Bolt.Builds;

/// <summary>RUN --mount: what of it the step's result depends on, and the mounts themselves.</summary>
/// <param name="secrets">Folder for this step's secrets, in the run folder: memory where /run is.</param>
internal sealed class RunMounts(DockerBuilding building, int stage, DockerInstruction.Run run, string workingDirectory, Func<DockerWord, string> expand, string secrets) : IDisposable
{
    private readonly ImmutableArray<CapsuleMount>.Builder mounts = ImmutableArray.CreateBuilder<CapsuleMount>();
    private readonly List<string> environment = [];
    private readonly List<IDisposable> held = [];

    public ImmutableArray<CapsuleMount> Mounts => mounts.ToImmutable();

    /// <summary>Secrets that are variables, and SSH_AUTH_SOCK.</summary>
    public IEnumerable<string> Environment => environment;

    /// <summary>Secrets and caches count by name alone: what is in them must not matter, or must not be known.</summary>
    public async Task<ImmutableArray<string>> KeyAsync(CancellationToken cancellationToken)
    {
        var key = ImmutableArray.CreateBuilder<string>();
        foreach (var mount in run.Mounts)
        {
            key.AddRange(mount switch
            {
                DockerMount.Cache cache => ["cache", IdOf(cache), Target(cache.Target)],
                DockerMount.Tmpfs tmpfs => ["tmpfs", Target(tmpfs.Target)],
                DockerMount.Secret secret => ["secret", expand(secret.Id), secret.Target is null ? "" : Target(secret.Target), secret.Variable ?? ""],
                DockerMount.Ssh ssh => ["ssh", ssh.Id],
                DockerMount.Bind bind => ["bind", Target(bind.Target), expand(bind.Source), $"{bind.Writable}", .. await SourceKeyAsync(bind, cancellationToken).ConfigureAwait(false)],
                _ => (string[])[],
            });
        }
        return key.ToImmutable();
    }

    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        foreach (var mount in run.Mounts)
        {
            switch (mount)
            {
                case DockerMount.Cache cache:
                    await CacheAsync(cache, cancellationToken).ConfigureAwait(false);
                    break;
                case DockerMount.Tmpfs tmpfs:
                    mounts.Add(new CapsuleMount.Tmpfs(Target(tmpfs.Target), tmpfs.Size, 0x3FF));
                    break;
                case DockerMount.Secret secret:
                    await SecretAsync(secret, cancellationToken).ConfigureAwait(false);
                    break;
                case DockerMount.Ssh ssh:
                    Ssh(ssh);
                    break;
                case DockerMount.Bind bind:
                    await BindAsync(bind, cancellationToken).ConfigureAwait(false);
                    break;
            }
        }
    }

    public void Dispose() => held.ForEach(h => h.Dispose());

    private string Target(DockerWord word) => expand(word) is var path && path.StartsWith('/')
        ? "/" + PathPattern.Clean(path) : "/" + PathPattern.Clean(workingDirectory + "/" + path);

    private string IdOf(DockerMount.Cache cache) => cache.Id is null ? Target(cache.Target) : expand(cache.Id);

    private async Task CacheAsync(DockerMount.Cache cache, CancellationToken cancellationToken)
    {
        var (data, lease) = await new CacheFolders(building.Tools).OpenAsync(IdOf(cache), cache.Sharing, cache.Uid, cache.Gid, cache.Mode, cancellationToken).ConfigureAwait(false);
        held.Add(lease);
        mounts.Add(new CapsuleMount.Volume(data, Target(cache.Target), cache.ReadOnly));
    }

    private async Task SecretAsync(DockerMount.Secret secret, CancellationToken cancellationToken)
    {
        var id = expand(secret.Id);
        if (!building.Options.Secrets.TryGetValue(id, out var value))
        {
            if (secret.Required)
            {
                throw new BoltException(DockerBuildErrors.NoSecret(secret.At, id));
            }
            return;
        }
        if (secret.Variable is { } variable)
        {
            environment.Add($"{variable}={System.Text.Encoding.UTF8.GetString(value.AsSpan())}");
            if (secret.Target is null)
            {
                return;
            }
        }
        Directory.CreateDirectory(secrets);
        var name = "secret" + held.Count + "." + mounts.Count;
        var path = Path.Combine(secrets, name);
        var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
        await using (file.ConfigureAwait(false))
        {
            await file.WriteAsync(value.AsMemory(), cancellationToken).ConfigureAwait(false);
        }
        await building.Tools.Files.ApplyAsync(secrets, [new OwnedEntry(name, secret.Uid, secret.Gid, secret.Mode)], cancellationToken).ConfigureAwait(false);
        mounts.Add(new CapsuleMount.Volume(path, secret.Target is null ? "/run/secrets/" + id : Target(secret.Target), true));
    }

    private void Ssh(DockerMount.Ssh ssh)
    {
        if (!building.Options.SshAgents.TryGetValue(ssh.Id, out var socket))
        {
            if (ssh.Required)
            {
                throw new BoltException(DockerBuildErrors.NoAgent(ssh.At, ssh.Id));
            }
            return;
        }
        var target = ssh.Target is null ? $"/run/buildkit/ssh_agent.{held.Count + mounts.Count}" : Target(ssh.Target);
        mounts.Add(new CapsuleMount.Bind(Path.GetFullPath(socket), target, false));
        environment.Add("SSH_AUTH_SOCK=" + target);
    }

    private async Task<IEnumerable<string>> SourceKeyAsync(DockerMount.Bind bind, CancellationToken cancellationToken)
    {
        if (bind.From is { } from)
        {
            return (await building.SourceAsync(expand(from), stage, from.At, cancellationToken).ConfigureAwait(false)).Key;
        }
        return [await Task.Run(() => CopyPlan.ContentOf(FromContext(bind, out _, cancellationToken)).Hex, cancellationToken).ConfigureAwait(false)];
    }

    private IEnumerable<SourceNode> FromContext(DockerMount.Bind bind, out bool file, CancellationToken cancellationToken)
    {
        var path = expand(bind.Source);
        var files = building.Context(cancellationToken);
        var node = files.Find(path) ?? throw new BoltException(DockerBuildErrors.NotFound(bind.At, path, "the build's folder"));
        file = node.Kind != SourceKind.Folder;
        return file ? [node with { Path = "file" }]
            : files.Below(node).Select(n => node.Path.Length == 0 ? n : n with { Path = n.Path[(node.Path.Length + 1)..] });
    }

    // What is mounted is a tree of the store, made of the chosen files: what .dockerignore leaves out is not there, and nothing
    // of the user's folder can be changed.
    private async Task BindAsync(DockerMount.Bind bind, CancellationToken cancellationToken)
    {
        var file = false;
        ImmutableArray<string> trees;
        if (bind.From is { } from)
        {
            var source = await building.SourceAsync(expand(from), stage, from.At, cancellationToken).ConfigureAwait(false);
            var path = PathPattern.Clean(expand(bind.Source));
            if (path.Length == 0 && !source.Layers.IsEmpty)
            {
                trees = await building.TreesAsync(source.Layers, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                (var nodes, file) = await FromStageAsync(bind, source, path, cancellationToken).ConfigureAwait(false);
                trees = [await TreeAsync(nodes, cancellationToken).ConfigureAwait(false)];
            }
        }
        else
        {
            trees = [await TreeAsync(FromContext(bind, out file, cancellationToken).ToImmutableArray(), cancellationToken).ConfigureAwait(false)];
        }
        await PlaceAsync(bind, trees, file, cancellationToken).ConfigureAwait(false);
    }

    private async Task PlaceAsync(DockerMount.Bind bind, ImmutableArray<string> trees, bool file, CancellationToken cancellationToken)
    {
        var target = Target(bind.Target);
        var own = Path.Combine(building.Place.State, building.Place.NewName("bind"));
        if (file && bind.Writable)
        {
            await building.Tools.Files.CopyTreeAsync(trees[0], own, cancellationToken).ConfigureAwait(false);
            mounts.Add(new CapsuleMount.Volume(own + "/file", target, false));
        }
        else if (file || (trees.Length == 1 && !bind.Writable))
        {
            mounts.Add(new CapsuleMount.Volume(file ? trees[0] + "/file" : trees[0], target, true));
        }
        else
        {
            mounts.Add(new CapsuleMount.Copy(trees, own, target, !bind.Writable));
        }
    }

    private async Task<(ImmutableArray<SourceNode> Nodes, bool File)> FromStageAsync(DockerMount.Bind bind, StageResult source, string path, CancellationToken cancellationToken)
    {
        var found = await building.LookAsync(source.Layers, "/" + path, recurse: true, cancellationToken).ConfigureAwait(false);
        if (found.Missing.Length > 0 || source.Layers.IsEmpty)
        {
            throw new BoltException(DockerBuildErrors.NotFound(bind.At, "/" + path, $"`{bind.From!.Raw}`"));
        }
        var files = CopyStep.Renamed(found, "x");
        return files.Find("x") is { Kind: SourceKind.File } one ? ([one with { Path = "file" }], true)
            : ([.. files.All.Where(n => n.Path.Length > 2).Select(n => n with { Path = n.Path[2..] })], false);
    }

    private async Task<string> TreeAsync(ImmutableArray<SourceNode> nodes, CancellationToken cancellationToken)
    {
        var layer = await building.WriteLayerAsync(nodes, cancellationToken).ConfigureAwait(false);
        return await building.Tools.Trees.UnpackAsync(layer, () => building.Tools.Content.OpenRead(layer), cancellationToken).ConfigureAwait(false);
    }
}
