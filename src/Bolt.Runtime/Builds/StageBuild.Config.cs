using System.Collections.Immutable;
using System.Globalization;
using Bolt.Diagnostics;
using Bolt.Dockerfiles;
using Bolt.Images;

namespace Bolt.Builds;

/// <summary>Instructions that make no layer.</summary>
internal sealed partial class StageBuild
{
    private void Configure(DockerInstruction instruction)
    {
        switch (instruction)
        {
            case DockerInstruction.Arg arg:
                Declare(arg);
                return;
            case DockerInstruction.Env env:
                SetEnvironment(env);
                return;
            case DockerInstruction.Label label:
                // All words see the values from before the instruction.
                foreach (var (name, value) in label.Pairs.Select(p => (Expand(p.Name), Expand(p.Value!))).ToArray())
                {
                    config = config with { Labels = config.Labels.SetItem(name, value) };
                }
                Remember("LABEL " + string.Join(' ', label.Pairs.Select(p => $"{Expand(p.Name)}={Expand(p.Value!)}")), empty: true);
                return;
            case DockerInstruction.Expose expose:
                var ports = expose.Ports.SelectMany(Ports).ToArray();
                config = config with { ExposedPorts = config.ExposedPorts.Union(ports) };
                Remember($"EXPOSE [{string.Join(' ', ports)}]", empty: true);
                return;
            case DockerInstruction.User user:
                config = config with { User = Expand(user.Name) };
                Remember("USER " + config.User, empty: true);
                return;
            case DockerInstruction.Volume volume:
                var paths = volume.Paths.Select(Expand).ToArray();
                config = config with { Volumes = config.Volumes.Union(paths) };
                Remember($"VOLUME [{string.Join(' ', paths)}]", empty: true);
                return;
            default:
                ConfigureProcess(instruction);
                return;
        }
    }

    private void ConfigureProcess(DockerInstruction instruction)
    {
        switch (instruction)
        {
            case DockerInstruction.Entrypoint entrypoint:
                // A CMD of the base was meant for the base's program.
                config = config with { Entrypoint = CommandOf(entrypoint.Command), Command = commandSet ? config.Command : [] };
                Remember($"ENTRYPOINT {Json(config.Entrypoint)}", empty: true);
                break;
            case DockerInstruction.Cmd command:
                (config, commandSet) = (config with { Command = CommandOf(command.Command) }, true);
                Remember($"CMD {Json(config.Command)}", empty: true);
                break;
            case DockerInstruction.Shell shell:
                config = config with { Shell = shell.Arguments };
                Remember($"SHELL [{string.Join(' ', shell.Arguments)}]", empty: true);
                break;
            case DockerInstruction.StopSignal signal:
                config = config with { StopSignal = Expand(signal.Signal) };
                Remember("STOPSIGNAL " + config.StopSignal, empty: true);
                break;
            case DockerInstruction.Healthcheck health:
                config = config with { Healthcheck = Health(health.Health) };
                Remember(health.Text, empty: true);
                break;
            case DockerInstruction.Onbuild onbuild:
                config = config with { OnBuild = config.OnBuild.Add(onbuild.Trigger) };
                Remember("ONBUILD " + onbuild.Trigger.Split('\n')[0], empty: true);
                break;
            case DockerInstruction.Maintainer maintainer:
                config = config with { Author = maintainer.Name };
                Remember("MAINTAINER " + maintainer.Name, empty: true);
                break;
        }
    }

    private void Declare(DockerInstruction.Arg arg)
    {
        foreach (var pair in arg.Pairs)
        {
            arguments.RemoveAll(a => a.Key == pair.Name.Raw);
            if (building.Variables.Declare(pair, Lookup) is { } value)
            {
                arguments.Add(new(pair.Name.Raw, value));
            }
        }
        Remember("ARG " + string.Join(' ', arg.Pairs.Select(p => arguments.FirstOrDefault(a => a.Key == p.Name.Raw) is { Value: { } value } ? $"{p.Name.Raw}={value}" : p.Name.Raw)), empty: true);
    }

    private void SetEnvironment(DockerInstruction.Env env)
    {
        var set = env.Pairs.Select(p => (Name: Expand(p.Name), Value: Expand(p.Value!))).ToArray();
        foreach (var (name, value) in set)
        {
            var index = config.Environment.ToList().FindIndex(e => e.StartsWith(name + "=", StringComparison.Ordinal));
            config = config with
            {
                Environment = index < 0 ? config.Environment.Add($"{name}={value}") : config.Environment.SetItem(index, $"{name}={value}"),
            };
        }
        Remember("ENV " + string.Join(' ', set.Select(s => $"{s.Name}={s.Value}")), empty: true);
    }

    private IEnumerable<string> Ports(DockerWord word)
    {
        foreach (var text in Expand(word).Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!InstructionReader.IsPort(text))
            {
                throw new BoltException(DockerBuildErrors.BadPort(word.At, text));
            }
            var (numbers, protocol) = text.Split('/') is [var before, var after] ? (before, after.ToLowerInvariant()) : (text, "tcp");
            var ends = numbers.Split('-').Select(n => int.Parse(n, CultureInfo.InvariantCulture)).ToArray();
            for (var port = ends[0]; port <= ends[^1]; port++)
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"{port}/{protocol}");
            }
        }
    }

    private ImmutableArray<string> CommandOf(DockerCommand command) => command switch
    {
        DockerCommand.Exec exec => exec.Arguments,
        DockerCommand.Shell { Text.Length: 0 } => [],
        DockerCommand.Shell shell => [.. Shell, shell.Text],
        _ => [],
    };

    private static HealthDocument Health(DockerHealth health) => new()
    {
        Test = health.Test switch
        {
            null => ["NONE"],
            DockerCommand.Exec exec => ["CMD", .. exec.Arguments],
            DockerCommand.Shell shell => ["CMD-SHELL", shell.Text],
            _ => ["NONE"],
        },
        Interval = Nanoseconds(health.Interval),
        Timeout = Nanoseconds(health.Timeout),
        StartPeriod = Nanoseconds(health.StartPeriod),
        StartInterval = Nanoseconds(health.StartInterval),
        Retries = health.Retries ?? 0,
    };

    private static long Nanoseconds(TimeSpan? time) => (time?.Ticks ?? 0) * TimeSpan.NanosecondsPerTick;

    private static string Json(ImmutableArray<string> words) => $"[{string.Join(' ', words.Select(w => $"\"{w}\""))}]";
}
