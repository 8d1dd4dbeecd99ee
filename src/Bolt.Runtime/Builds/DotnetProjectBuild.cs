using System.Collections.Immutable;
using System.Text;
using Bolt.Diagnostics;
using Bolt.Images;
using Bolt.Storage;

namespace Bolt.Builds;

/// <summary>
/// <c>build = "./api"</c>: the project is published by the machine's SDK, and its files are laid over a locked base. While
/// nothing that the build reads has changed, nothing is started.
/// </summary>
/// <param name="tools">Stores and programs.</param>
/// <param name="prepareBase">Prepares the base recipe.</param>
/// <param name="prepareImage">Prepares what a project names as its base instead.</param>
internal sealed class DotnetProjectBuild(BuildTools tools, Func<RecipeReference, Task<PreparedImage>> prepareBase, Func<string, Task<PreparedImage>>? prepareImage = null)
{
    public const string BaseRecipe = "dotnet-base";

    /// <summary>What the compiler sees of the machine.</summary>
    public BuildSurroundings Surroundings { get; init; } = BuildSurroundings.Usual;

    /// <summary>Nothing that an earlier build has made counts.</summary>
    public bool FromScratch { get; init; }

    /// <summary>The user of Microsoft's own .NET images.</summary>
    private const string AppUser = "1654:1654";

    public async Task<PreparedImage> PrepareAsync(
        string context, string baseFolder, bool offline, IProgress<BuildProgress>? progress, CancellationToken cancellationToken)
    {
        var project = DotnetProject.Find(context, baseFolder);
        // The base is fetched while the compiler works.
        var reference = new RecipeReference(BaseRecipe, null, null);
        var basis = prepareBase(reference);
        try
        {
            var record = await BuildAsync(project, offline, progress, cancellationToken).ConfigureAwait(false);
            var layers = ImmutableArray.CreateBuilder<string>();
            foreach (var layer in record.DiffIds)
            {
                layers.Add(await tools.Trees.UnpackAsync(layer, () => tools.Content.OpenRead(layer), cancellationToken).ConfigureAwait(false));
            }
            var below = record.BaseImage.Length == 0 || prepareImage is null ? await basis.ConfigureAwait(false) : await prepareImage(record.BaseImage).ConfigureAwait(false);
            // Of a project that names its own base, Bolt's was fetched for nothing; whether that went well is nobody's concern.
            await ((Task)basis).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return Prepared(project, record, below, layers.ToImmutable());
        }
        catch
        {
            // Its failure is not what is reported, but it must not go on alone.
            await ((Task)basis).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

    /// <summary>A project's own folder for what is made of it, also its build.json.</summary>
    public static string WorkOf(StoragePaths paths, DotnetProject project) =>
        Path.Combine(paths.State, "builds", Digest.Of(Encoding.UTF8.GetBytes(project.File)).Hex[..32]);

    private async Task<DotnetProjectRecord> BuildAsync(
        DotnetProject project, bool offline, IProgress<BuildProgress>? progress, CancellationToken cancellationToken)
    {
        var work = WorkOf(tools.Paths, project);
        StoreFolders.Ensure(work);
        using var turn = await StoreFolders.HoldAsync(Path.Combine(work, "lock"), cancellationToken).ConfigureAwait(false);
        var host = DotnetHost.Find(tools.DotnetPath);
        if (FromScratch && Directory.Exists(Path.Combine(work, "artifacts")))
        {
            Directory.Delete(Path.Combine(work, "artifacts"), recursive: true);
        }
        var known = FromScratch ? null : DotnetProjectRecord.Read(Path.Combine(work, "build.json"));
        if (known is not null && known.DiffIds.All(d => tools.Trees.Find(d) is not null || tools.Content.Contains(d))
            && DotnetProjectFingerprint.Of(project, known.Inputs, Salt(host), out _) == known.Fingerprint)
        {
            return known;
        }
        if (host is null)
        {
            throw new BoltException(BuildErrors.NoDotnet(tools.DotnetPath ?? "dotnet", "it is not in PATH"));
        }
        progress?.Report(new BuildProgress($"{project.Written}: dotnet publish", 0, 0));
        var started = DateTime.UtcNow;
        var made = await PublishAsync(project, host, work, offline, progress, cancellationToken).ConfigureAwait(false);
        var fingerprint = DotnetProjectFingerprint.Of(project, made.Inputs, Salt(host), out var newest);
        // Edited while the compiler read: nobody knows which text it saw, so the next time builds again.
        made = made with { Fingerprint = newest < started ? fingerprint ?? "" : "" };
        await StoreFolders.WriteWholeAsync(Path.Combine(work, "build.json"), made.ToBytes(), cancellationToken).ConfigureAwait(false);
        return made;
    }

    private async Task<DotnetProjectRecord> PublishAsync(
        DotnetProject project, DotnetHost host, string work, bool offline, IProgress<BuildProgress>? progress, CancellationToken cancellationToken)
    {
        var publish = new DotnetProjectPublish(host.Program, work, Surroundings);
        var layers = new DotnetProjectLayers(tools.Content, work);
        var (facts, errors) = await publish.RunAsync(project, selfContained: true, offline, cancellationToken).ConfigureAwait(false);
        if (facts is not null)
        {
            CheckProgram(project, facts);
            var program = Path.Combine(publish.Output, facts.AssemblyName);
            if (!File.Exists(program))
            {
                throw new BoltException(BuildErrors.NothingPublished(project.Written, facts.AssemblyName));
            }
            progress?.Report(new BuildProgress($"{project.Written}: writing layers", 0, 0));
            if (!facts.SelfContained)
            {
                return await DependentAsync(project, facts, host, publish.Output, layers, cancellationToken).ConfigureAwait(false);
            }
            var digests = await layers.OfSelfContainedAsync(publish.Output, facts, cancellationToken).ConfigureAwait(false);
            return Record(project, facts, digests, ["/app/" + facts.AssemblyName]);
        }
        if (!LacksRuntimePack(errors))
        {
            throw new BoltException(BuildErrors.Failed(project.Written, errors));
        }
        // No runtime pack can be had: what this machine runs .NET with does as well.
        progress?.Report(new BuildProgress($"{project.Written}: dotnet publish, with this machine's runtime", 0, 0));
        (facts, errors) = await publish.RunAsync(project, selfContained: false, offline, cancellationToken).ConfigureAwait(false);
        if (facts is null)
        {
            throw new BoltException(BuildErrors.Failed(project.Written, errors));
        }
        CheckProgram(project, facts);
        return await DependentAsync(project, facts, host, publish.Output, layers, cancellationToken).ConfigureAwait(false);
    }

    // A base of the project's own has the runtime; on Bolt's the machine's is laid.
    private static async Task<DotnetProjectRecord> DependentAsync(
        DotnetProject project, DotnetProjectFacts facts, DotnetHost host, string output, DotnetProjectLayers layers, CancellationToken cancellationToken)
    {
        ImmutableArray<string> start = ["dotnet", $"/app/{facts.AssemblyName}.dll"];
        if (facts.BaseImage.Length > 0)
        {
            return Record(project, facts, [await layers.OfProjectAsync(output, cancellationToken).ConfigureAwait(false)], start);
        }
        var version = facts.TargetFramework.StartsWith("net", StringComparison.Ordinal) ? facts.TargetFramework[3..].Split('-')[0] : "";
        var runtime = host.RuntimeFolders(version, facts.Web);
        if (runtime.Count == 0)
        {
            throw new BoltException(BuildErrors.NoFramework(project.Written, version, host.Root));
        }
        return Record(project, facts, await layers.OfInstalledAsync(output, host.Root, runtime, cancellationToken).ConfigureAwait(false), start);
    }

    private static void CheckProgram(DotnetProject project, DotnetProjectFacts facts)
    {
        if (facts.OutputType is not ("Exe" or "WinExe"))
        {
            throw new BoltException(BuildErrors.NotExecutable(project.Written, facts.OutputType));
        }
    }

    // NU1101..NU1103: no such package or version; NU1301: the source does not answer; NETSDK1112: the pack was not fetched.
    private static bool LacksRuntimePack(IEnumerable<string> errors) => errors.Any(e =>
        e.Contains("NETSDK1112", StringComparison.Ordinal) || e.Contains("NU1301", StringComparison.Ordinal)
        || (e.Contains("NU110", StringComparison.Ordinal) && e.Contains(".Runtime.", StringComparison.Ordinal)));

    private static DotnetProjectRecord Record(
        DotnetProject project, DotnetProjectFacts facts, ImmutableArray<Digest> layers, ImmutableArray<string> entrypoint) => new(
            DotnetProjectRecord.Format,
            project.File,
            "",
            facts.SdkVersion,
            facts.Inputs.Folders,
            facts.Inputs.Files,
            [.. layers.Select(l => l.ToString())],
            [.. facts.Entrypoint.IsEmpty ? entrypoint : facts.Entrypoint, .. facts.CommandArguments],
            facts.Arguments,
            Environment(facts),
            facts.ListeningPorts(),
            facts.Labels,
            facts.User,
            facts.WorkingDirectory,
            facts.BaseImage,
            facts.Names);

    // As Microsoft's own images set them; what the project sets comes last and wins.
    private static ImmutableArray<string> Environment(DotnetProjectFacts facts) =>
    [
        "DOTNET_RUNNING_IN_CONTAINER=true",
        .. facts.Web ? ["ASPNETCORE_HTTP_PORTS=8080"] : Array.Empty<string>(),
        .. facts.Environment,
    ];

    private IEnumerable<string> Salt(DotnetHost? host) =>
    [
        $"format {DotnetProjectRecord.Format}",
        // With no SDK left the image that it made is still good.
        .. host?.Sdks() ?? [],
    ];

    private PreparedImage Prepared(DotnetProject project, DotnetProjectRecord record, PreparedImage below, ImmutableArray<string> layers)
    {
        var environment = Merge(below.Environment, record.Environment);
        var user = record.User is { Length: > 0 } named ? named : record.BaseImage.Length > 0 ? below.User : AppUser;
        var image = new PreparedImage
        {
            Reference = project.Written,
            Id = default,
            Layers = [.. below.Layers, .. layers],
            Entrypoint = record.Entrypoint,
            Command = record.Arguments,
            Environment = environment,
            // With one id there is no second user to be.
            User = tools.Ids.Single ? "" : user,
            WorkingDirectory = record.WorkingDirectory.TrimEnd('/') is { Length: > 0 } folder ? folder : "/app",
            ExposedPorts = Ports(record),
        };
        return image with { Id = Digest.Of(ConfigOf(image, below, record).ToBytes()), Names = record.Names, Labels = record.Labels };
    }

    // The base's digest stands for its layers, so that equal ids run equal bits.
    private static OciConfig ConfigOf(PreparedImage image, PreparedImage below, DotnetProjectRecord record) => new()
    {
        Entrypoint = image.Entrypoint,
        Command = image.Command,
        Environment = image.Environment,
        User = image.User,
        WorkingDirectory = image.WorkingDirectory,
        ExposedPorts = record.Ports.ToImmutableSortedSet(StringComparer.Ordinal),
        Labels = record.Labels.SetItem("bolt.base", below.Id.ToString()),
        DiffIds = record.DiffIds,
    };

    private static ImmutableArray<int> Ports(DotnetProjectRecord record) =>
        new OciConfig { ExposedPorts = record.Ports.ToImmutableSortedSet(StringComparer.Ordinal) }.TcpPorts();

    private static ImmutableArray<string> Merge(ImmutableArray<string> below, ImmutableArray<string> above)
    {
        var merged = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in below.Concat(above))
        {
            merged[pair.Split('=', 2)[0]] = pair;
        }
        return [.. merged.Values];
    }
}
