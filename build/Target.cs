namespace Bolt.Build;

/// <summary>A named piece of work and what must be done before it, once.</summary>
internal sealed record Target(string Name, string Says, Action<string[]> Run, params Target[] Needs)
{
    /// <summary>Runs what is needed first, then this. Null when all is well, else what failed.</summary>
    public string? Execute(string[] arguments, HashSet<string> done)
    {
        // As with dotnet itself: what was built before is taken as it is.
        var needs = arguments.Contains("--no-build") ? [] : Needs;
        foreach (var need in needs.Where(n => done.Add(n.Name)))
        {
            if (need.Execute([], done) is { } failed)
            {
                return failed;
            }
        }
        Console.Error.WriteLine($"==> {Name}");
        try
        {
            Run([.. arguments.Where(a => a != "--no-build")]);
            return null;
        }
        catch (BuildFailed e)
        {
            return $"{Name}: {e.Message}";
        }
    }
}

internal sealed class BuildFailed(string message) : Exception(message);
