using System.Collections.Immutable;
using System.Diagnostics;
using Bolt.Diagnostics;
using Bolt.Dockerfiles;
using Bolt.Images;
using Bolt.Storage;

namespace Bolt.Builds;

/// <summary>One stage, instruction by instruction: what changes the config is done at once, what makes a layer is a step.</summary>
/// <param name="number">A step's number among all of the build.</param>
/// <param name="below">The stage that FROM names; null: an image.</param>
internal sealed partial class StageBuild(DockerBuilding building, DockerStage stage, Func<DockerInstruction, int> number, int steps, Task<StageResult>? below)
{
    private const string DefaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private const string Comment = "buildkit.dockerfile.v0";

    private readonly List<KeyValuePair<string, string>> arguments = [];
    private readonly ImmutableArray<HistoryDocument>.Builder history = ImmutableArray.CreateBuilder<HistoryDocument>();
    private OciConfig config = new();
    private ImmutableArray<ImageLayer> layers = [];
    private bool commandSet;

    public async Task<StageResult> RunAsync(CancellationToken cancellationToken)
    {
        var triggers = await FromAsync(cancellationToken).ConfigureAwait(false);
        foreach (var instruction in triggers.Concat(stage.Instructions))
        {
            cancellationToken.ThrowIfCancellationRequested();
            await (building.InputsOnly ? InputsAsync(instruction, cancellationToken) : StepAsync(instruction, cancellationToken)).ConfigureAwait(false);
        }
        return new StageResult(config with { History = history.ToImmutable(), DiffIds = [.. layers.Select(l => l.DiffId)] }, layers);
    }

    // The base's ONBUILD instructions come first, and are done with.
    private async Task<ImmutableArray<DockerInstruction>> FromAsync(CancellationToken cancellationToken)
    {
        var from = stage.From;
        var image = building.Variables.ExpandGlobal(from.Image);
        CheckPlatform(from.Platform is null ? building.Options.Platform : building.Variables.ExpandGlobal(from.Platform), from.At);
        var started = Begin(from, from.Text);
        var basis = below is not null ? await below.ConfigureAwait(false) : await building.ImageAsync(image, from.Image.At, cancellationToken).ConfigureAwait(false);
        (config, layers) = (basis.Config with { OnBuild = [] }, basis.Layers);
        // Layers that the base's history does not tell of: of a recipe, or of a flattened image.
        history.AddRange(Enumerable.Repeat(new HistoryDocument { CreatedBy = "FROM " + image }, Math.Max(0, layers.Length - basis.Config.History.Count(h => !h.EmptyLayer))));
        history.AddRange(basis.Config.History);
        if (config.Environment.All(e => !e.StartsWith("PATH=", StringComparison.Ordinal)))
        {
            config = config with { Environment = [DefaultPath, .. config.Environment] };
        }
        Done(from, started, cached: true);
        // A stage below has inherited, not used, what its base asks for.
        if (basis.Config.OnBuild.IsEmpty)
        {
            return [];
        }
        var read = DockerfileReader.Read($"ONBUILD of {image}", "FROM scratch\n" + string.Join('\n', basis.Config.OnBuild) + "\n");
        return read.Ok ? read.Value!.Stages[0].Instructions : throw new BoltException(DockerBuildErrors.First(read.Diagnostics));
    }

    private async Task StepAsync(DockerInstruction instruction, CancellationToken cancellationToken)
    {
        switch (instruction)
        {
            case DockerInstruction.Run run:
                await LayerAsync(run, () => new RunStep(building, stage.Index, run, Environment(), config, layers, RunCommand(run.Command), Expand).RunAsync(number(run), cancellationToken),
                    "RUN " + ArgumentCount() + string.Join(' ', RunCommand(run.Command)) + " # buildkit").ConfigureAwait(false);
                break;
            case DockerInstruction.Copy copy:
                await LayerAsync(copy, () => new CopyStep(building, stage.Index, copy, config, layers, Expand).RunAsync(cancellationToken),
                    $"{(copy.Add ? "ADD" : "COPY")} {string.Join(' ', copy.Sources.Select(Expand).Concat(copy.Contents.Select(h => "<<" + h.Name)).Append(Expand(copy.Target)))} # buildkit").ConfigureAwait(false);
                break;
            case DockerInstruction.Workdir workdir:
                var folder = Absolute(Expand(workdir.Path));
                await LayerAsync(workdir, () => new FolderStep(building, folder, config, layers).RunAsync(workdir.Path.At, cancellationToken), "WORKDIR " + folder).ConfigureAwait(false);
                config = config with { WorkingDirectory = folder };
                break;
            default:
                Configure(instruction);
                break;
        }
    }

    // Images that COPY and RUN read, and addresses that ADD fetches: both may be named by variables, so what sets those is done.
    private async Task InputsAsync(DockerInstruction instruction, CancellationToken cancellationToken)
    {
        switch (instruction)
        {
            case DockerInstruction.Run run:
                foreach (var from in run.Mounts.OfType<DockerMount.Bind>().Select(m => m.From).OfType<DockerWord>())
                {
                    await building.SourceAsync(Expand(from), stage.Index, from.At, cancellationToken).ConfigureAwait(false);
                }
                break;
            case DockerInstruction.Copy copy:
                if (copy.Flags.From is { } source)
                {
                    await building.SourceAsync(Expand(source), stage.Index, source.At, cancellationToken).ConfigureAwait(false);
                }
                foreach (var word in copy.Sources.Where(s => copy.Add && AddSource.IsUrl(Expand(s))))
                {
                    await new AddSource(building, copy, Expand).FetchAsync(word, Expand(word), cancellationToken).ConfigureAwait(false);
                }
                break;
            case DockerInstruction.Workdir workdir:
                config = config with { WorkingDirectory = Absolute(Expand(workdir.Path)) };
                break;
            default:
                Configure(instruction);
                break;
        }
    }

    private async Task LayerAsync(DockerInstruction instruction, Func<Task<(Digest? Layer, bool Cached)>> step, string by)
    {
        var started = Begin(instruction, instruction.Text);
        var (layer, cached) = await step().ConfigureAwait(false);
        if (layer is { } made)
        {
            layers = layers.Add(building.PlainLayer(made));
        }
        Remember(by, layer is null);
        Done(instruction, started, cached);
    }

    private void Remember(string by, bool empty) => history.Add(new HistoryDocument
    {
        Created = building.Options.SourceDateEpoch is { } time ? DateTimeOffset.FromUnixTimeSeconds(time).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture) : null,
        CreatedBy = by,
        Comment = Comment,
        EmptyLayer = empty,
    });

    private long Begin(DockerInstruction instruction, string text)
    {
        if (number(instruction) is var step and > 0)
        {
            building.Progress?.Report(new BuildEvent.StepStarted(step, steps, stage.Title, text.Split('\n')[0]));
        }
        return Stopwatch.GetTimestamp();
    }

    private void Done(DockerInstruction instruction, long started, bool cached)
    {
        if (number(instruction) is var step and > 0)
        {
            building.Progress?.Report(new BuildEvent.StepDone(step, cached, Stopwatch.GetElapsedTime(started)));
        }
    }

    private ImmutableArray<string> RunCommand(DockerCommand command) => command switch
    {
        DockerCommand.Exec exec => exec.Arguments,
        DockerCommand.Shell shell => [.. Shell, shell.Text],
        DockerCommand.Script { Text: var text } when !text.Content.StartsWith("#!", StringComparison.Ordinal) => [.. Shell, text.Content],
        // A program of its own: written where only this step sees it, and executed.
        DockerCommand.Script => [RunStep.ScriptPath],
        _ => throw new UnreachableException(),
    };

    private ImmutableArray<string> Shell => config.Shell.IsEmpty ? ["/bin/sh", "-c"] : config.Shell;

    private string ArgumentCount() => arguments.Count == 0 ? "" : $"|{arguments.Count} {string.Join(' ', arguments.Select(a => $"{a.Key}={a.Value}"))} ";

    // ENV wins over ARG.
    private ImmutableArray<string> Environment()
    {
        var set = config.Environment.Select(e => e.Split('=', 2)[0]).ToHashSet(StringComparer.Ordinal);
        return [.. config.Environment, .. arguments.Where(a => !set.Contains(a.Key)).Select(a => $"{a.Key}={a.Value}"), .. Epoch(set),
            .. building.Variables.ProxyEnvironment.Where(p => !set.Contains(p.Split('=', 2)[0]) && arguments.All(a => a.Key != p.Split('=', 2)[0]))];
    }

    // reproducible-builds.org/specs/source-date-epoch: what a command writes of the time.
    private IEnumerable<string> Epoch(HashSet<string> set) =>
        building.Options.SourceDateEpoch is { } time && !set.Contains("SOURCE_DATE_EPOCH") && arguments.All(a => a.Key != "SOURCE_DATE_EPOCH")
            ? [string.Create(System.Globalization.CultureInfo.InvariantCulture, $"SOURCE_DATE_EPOCH={time}")] : [];

    private string? Lookup(string name)
    {
        var set = config.Environment.FirstOrDefault(e => e.Length > name.Length && e[name.Length] == '=' && e.StartsWith(name, StringComparison.Ordinal));
        return set is not null ? set[(name.Length + 1)..] : arguments.LastOrDefault(a => a.Key == name).Value;
    }

    private string Expand(DockerWord word) => building.Variables.Expand(word, Lookup);

    private string Absolute(string path) => "/" + PathPattern.Clean(path.StartsWith('/') ? path : config.WorkingDirectory + "/" + path);

    private static void CheckPlatform(string? wanted, SourceSpan at)
    {
        var own = "linux/" + OciPlatform.Architecture;
        if (!DockerfileBuild.Fits(wanted, own))
        {
            throw new BoltException(DockerBuildErrors.OtherPlatform(at, wanted!, own));
        }
    }
}
