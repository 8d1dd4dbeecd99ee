using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using Bolt.Builds;
using Bolt.Diagnostics;
using Bolt.Tool.Terminal;

namespace Bolt.Tool.Commands;

/// <summary>`bolt build`: an image of a Dockerfile, a .NET project or a recipe.</summary>
internal static class BuildCommand
{
    private static readonly Option<string[]> Tags = new("--tag", "-t") { Description = "A name for the image; may be given again", HelpName = "NAME" };
    private static readonly Option<string?> Dockerfile = new("--dockerfile", "-f") { Description = "The Dockerfile; without it, `Dockerfile` in PATH", HelpName = "FILE" };
    private static readonly Option<string?> Target = new("--target") { Description = "Build this stage; without it, the last", HelpName = "STAGE" };
    private static readonly Option<string[]> Arguments = new("--build-arg") { Description = "A value for ARG; NAME alone takes it from the environment", HelpName = "NAME=VALUE" };
    private static readonly Option<string[]> Secrets = new("--secret") { Description = "A secret for RUN --mount=type=secret: id=NAME[,src=FILE|,env=VARIABLE]", HelpName = "SPEC" };
    private static readonly Option<string[]> Ssh = new("--ssh") { Description = "An agent for RUN --mount=type=ssh: default or NAME[=SOCKET]", HelpName = "SPEC" };
    private static readonly Option<bool> NoCache = new("--no-cache") { Description = "Run every step anew" };
    private static readonly Option<bool> Pull = new("--pull") { Description = "Ask registries whether the images below have changed" };
    private static readonly Option<bool> Offline = new("--offline") { Description = "Fetch nothing; steps have no network" };
    private static readonly Option<bool> Locked = new("--locked") { Description = "Take exactly what bolt.lock pins; what it does not pin is an error, and it stays as it is" };
    private static readonly Option<bool> Verify = new("--verify") { Description = "Build twice from scratch in unlike surroundings, and print in what the results differ" };
    private static readonly Option<string?> Platform = new("--platform") { Description = "linux/amd64; another one than this machine's is refused", HelpName = "PLATFORM" };
    private static readonly Option<string?> Output = new("--output", "-o") { Description = "Also write the image: type=docker|oci|tar|local,dest=PATH; a PATH alone is a folder for its files", HelpName = "SPEC" };
    private static readonly Option<string?> Sbom = new("--sbom") { Description = "Also write what the image is made of: SPDX 2.3, in JSON", HelpName = "FILE" };
    private static readonly Option<string?> Provenance = new("--provenance") { Description = "Also write how it came to be: an in-toto statement with SLSA provenance v1", HelpName = "FILE" };
    private static readonly Option<string?> Progress = new("--progress") { Description = "plain: one line per event, also on a terminal; quiet: failures alone", HelpName = "KIND" };
    private static readonly Option<bool> Json = new("--json") { Description = "Print each event, and the image at the end, as one line of JSON" };
    private static readonly Argument<string?> Folder = new("PATH") { Description = "The folder that COPY reads, a .NET project, or a recipe (bolt://nginx, a .capsule.toml); without it, this folder", Arity = ArgumentArity.ZeroOrOne };

    public static Command Create()
    {
        Progress.AcceptOnlyFromAmong("auto", "plain", "quiet");
        var command = new Command("build", "Build an image of a Dockerfile, a .NET project or a recipe; prints its id")
        {
            Tags, Dockerfile, Target, Arguments, Secrets, Ssh, NoCache, Pull, Offline, Locked, Verify, Platform, Output, Sbom, Provenance, Progress, Json, Folder,
        };
        Invocation.Bind(command, RunAsync);
        return command.WithExamples(
            "bolt build -t app:1 .                          the Dockerfile here; `bolt run app:1` starts it",
            "bolt build -f dev.Dockerfile --target test .   one stage of another file",
            "bolt build --build-arg VERSION=2 --secret id=token,src=token.txt .",
            "bolt build --verify .                          does it give the same bits again? exit code 1 when not",
            "bolt build --sbom app.spdx.json --provenance app.slsa.json .",
            "bolt build -o type=oci,dest=app.tar .           an archive that docker, podman and skopeo read");
    }

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var options = Options(invocation);
        var errors = BoltRuntime.CheckBuild(options).Where(d => d.Severity == Severity.Error).ToArray();
        var view = BuildView.For(invocation.Screen, invocation.Value(Json), invocation.Value(Progress));
        if (errors.Length > 0)
        {
            foreach (var found in BoltRuntime.CheckBuild(options))
            {
                view.Report(new BuildEvent.Warned(found));
            }
            return ExitCode.Usage;
        }
        var output = BuildOutput.Read(invocation.Value(Output));
        var verified = invocation.Value(Verify) ? await invocation.Runtime.VerifyBuildAsync(options, view, invocation.Cancellation) : null;
        var image = verified?.Image ?? await invocation.Runtime.BuildAsync(options, view, invocation.Cancellation);
        if (output is not null)
        {
            await output.WriteAsync(invocation.Runtime, image, invocation.Cancellation);
        }
        if (invocation.Value(Sbom) is { } sbom)
        {
            await SbomCommand.WriteAsync(sbom, await invocation.Runtime.DescribeImageAsync(image, SbomCommand.Created(), invocation.Cancellation), invocation.Cancellation);
        }
        if (invocation.Value(Provenance) is { } provenance)
        {
            await SbomCommand.WriteAsync(provenance, await invocation.Runtime.ProvenanceAsync(image, invocation.Cancellation), invocation.Cancellation);
        }
        // Standard output may be the archive.
        if (output is not { IsStandardOutput: true })
        {
            invocation.Screen.Data(invocation.Value(Json) ? BuildView.Line(image) : image.Id);
        }
        if (verified is not null)
        {
            DifferenceView.Show(invocation.Screen, verified, invocation.Value(Json));
        }
        return verified is null or { Differences.IsEmpty: true } ? ExitCode.Done : ExitCode.Failed;
    }

    private static ImageBuildOptions Options(Invocation invocation)
    {
        var arguments = Values(invocation, Arguments).Select(Argument).OfType<KeyValuePair<string, string>>().ToImmutableDictionary(StringComparer.Ordinal);
        return new ImageBuildOptions
        {
            Context = invocation.Parsed.GetValue(Folder) ?? ".",
            Dockerfile = invocation.Value(Dockerfile),
            Target = invocation.Value(Target),
            Tags = [.. Values(invocation, Tags)],
            Arguments = arguments,
            Secrets = Values(invocation, Secrets).Select(BuildSecrets.Secret).ToImmutableDictionary(StringComparer.Ordinal),
            SshAgents = Values(invocation, Ssh).Select(BuildSecrets.Agent).ToImmutableDictionary(StringComparer.Ordinal),
            NoCache = invocation.Value(NoCache),
            Pull = invocation.Value(Pull),
            Offline = invocation.Value(Offline),
            Locked = invocation.Value(Locked),
            Platform = invocation.Value(Platform),
            SourceDateEpoch = Epoch(arguments.GetValueOrDefault("SOURCE_DATE_EPOCH") ?? Environment.GetEnvironmentVariable("SOURCE_DATE_EPOCH")),
        };
    }

    private static string[] Values(Invocation invocation, Option<string[]> option) => invocation.Parsed.GetValue(option) ?? [];

    // A name alone that the environment lacks is as good as not given.
    private static KeyValuePair<string, string>? Argument(string text) => text.Split('=', 2) switch
    {
        [var name, var value] => new(name, value),
        [var name] when Environment.GetEnvironmentVariable(name) is { } value => new(name, value),
        _ => null,
    };

    public static long? Epoch(string? text) => text is null or "" ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds < 253402300800 ? seconds
        : throw new BoltException(ToolErrors.BadBuildOption("SOURCE_DATE_EPOCH", text, "write seconds since 1970"));
}
