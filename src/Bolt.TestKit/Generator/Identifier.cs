using System.Text;

namespace Bolt.TestKit.Generator;

/// <summary>Names of a Boltfile as C# writes them: `order-db` is OrderDb.</summary>
internal static class Identifier
{
    // A member may not have its class's name, nor one that the class has already.
    private static readonly HashSet<string> Taken =
        ["Define", "Of", "Untyped", "StartAsync", "ForkAsync", "FreezeAsync", "RollbackAsync", "DisposeAsync",
            "Equals", "GetHashCode", "GetType", "ToString", "MemberwiseClone", "Finalize", "ReferenceEquals"];

    public static string Pascal(string name)
    {
        var text = new StringBuilder();
        var upper = true;
        foreach (var c in name)
        {
            if (!char.IsLetterOrDigit(c))
            {
                upper = true;
                continue;
            }
            if (text.Length == 0 && char.IsDigit(c)) text.Append('_');
            text.Append(upper ? char.ToUpperInvariant(c) : c);
            upper = false;
        }
        return text.Length == 0 ? "_" : text.ToString();
    }

    public static string Member(string service, string inClass)
    {
        var name = Pascal(service);
        return Taken.Contains(name) || name == inClass ? name + "Service" : name;
    }
}
