using System.Collections.Immutable;
using System.Globalization;
using Bolt.Boltfiles;

namespace Bolt.Surge;

/// <summary>One `bolt run` as a Boltfile of one service. Pure.</summary>
internal static class RunBoltfile
{
    public static StackRequest Request(RunOptions options, string folder, string token, bool dieWithOwner)
    {
        var name = options.Name is { } given ? StackName.Clean(given) : "main";
        var file = new Boltfile
        {
            Path = Path.Combine(folder, "Boltfile.toml"),
            Project = "run",
            Services =
            [
                new Service
                {
                    Name = name,
                    Source = options.Image.EndsWith(".capsule.toml", StringComparison.Ordinal)
                        ? new ServiceSource.Capsule(options.Image)
                        : new ServiceSource.Image(options.Image),
                    Command = options.Command.IsEmpty ? null : options.Command,
                    Ports = options.Ports,
                    Env = options.Env,
                    Volumes = options.Volumes,
                    Tty = options.Terminal,
                    StdinOpen = options.Interactive,
                    Hostname = options.Name,
                    // A program that was asked for once runs once.
                    Restart = RestartPolicy.No,
                },
            ],
        };
        return new StackRequest($"run-{token}", "", file, ImmutableArray<string>.Empty, DieWithOwner: dieWithOwner, Remove: options.Remove);
    }

    /// <summary>The id's second half: random, as the same program may run many times at once.</summary>
    public static string Token(Random random) => random.Next().ToString("x8", CultureInfo.InvariantCulture);
}
