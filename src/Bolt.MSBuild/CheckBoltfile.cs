using Bolt.Boltfiles;
using Bolt.Diagnostics;
using Microsoft.Build.Framework;
using Task = Microsoft.Build.Utilities.Task;

namespace Bolt.MSBuild;

/// <summary>Reads a Boltfile and logs all that is wrong with it at its file, line and column.</summary>
public sealed class CheckBoltfile : Task
{
    /// <summary>Path of the Boltfile.</summary>
    [Required]
    public string Boltfile { get; set; } = "";

    /// <inheritdoc/>
    public override bool Execute()
    {
        foreach (var found in BoltfileReader.ReadFile(Boltfile, Environment.GetEnvironmentVariable).Diagnostics)
        {
            Write(found);
        }
        return !Log.HasLoggedErrors;
    }

    private void Write(Diagnostic found)
    {
        var (file, line, column, end) = found.At is { } at ? (at.File, at.Line, at.Column, at.Column + at.Length) : (Boltfile, 0, 0, 0);
        var message = found.Fix is null ? found.Message : $"{found.Message} (fix: {found.Fix})";
        switch (found.Severity)
        {
            case Severity.Error:
                Log.LogError(null, found.Code, null, null, file, line, column, line, end, "{0}", message);
                break;
            case Severity.Warning:
                Log.LogWarning(null, found.Code, null, null, file, line, column, line, end, "{0}", message);
                break;
            default:
                Log.LogMessage(null, found.Code, null, file, line, column, line, end, MessageImportance.Normal, "{0}", message);
                break;
        }
    }
}
