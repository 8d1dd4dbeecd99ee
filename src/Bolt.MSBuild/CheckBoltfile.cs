using Bolt.Boltfiles;
using Microsoft.Build.Framework;
using Task = Microsoft.Build.Utilities.Task;

namespace Bolt.MSBuild;

/// <summary>Reads Boltfiles and logs all that is wrong with them at its file, line and column.</summary>
public sealed class CheckBoltfile : Task
{
    /// <summary>Paths of the Boltfiles.</summary>
    [Required]
    public ITaskItem[] Boltfiles { get; set; } = [];

    /// <summary>Some value comes from the environment: equal files may be checked with another result the next time.</summary>
    [Output]
    public bool ReadsVariables { get; set; }

    /// <inheritdoc/>
    public override bool Execute()
    {
        foreach (var path in Boltfiles.Select(b => b.ItemSpec))
        {
            foreach (var found in BoltfileReader.ReadFile(path, Variable).Diagnostics) DiagnosticLog.Write(Log, found, path);
        }
        return !Log.HasLoggedErrors;
    }

    // Home is asked for by every file that has a path.
    private string? Variable(string name)
    {
        ReadsVariables |= name != "HOME";
        return Environment.GetEnvironmentVariable(name);
    }
}
