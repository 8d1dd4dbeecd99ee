using System.Text;
using Bolt.Diagnostics;

namespace Bolt.Tool.Commands;

/// <summary>Asks for a secret at the terminal; nothing of it is shown.</summary>
internal static class SecretQuestion
{
    /// <param name="nobody">What is said when there is no terminal.</param>
    public static string Ask(Invocation invocation, string question, Func<Diagnostic> nobody)
    {
        if (Console.IsInputRedirected)
        {
            throw new BoltException(nobody());
        }
        invocation.Screen.Error.Write(question);
        var secret = new StringBuilder();
        for (var key = Console.ReadKey(intercept: true); key.Key != ConsoleKey.Enter; key = Console.ReadKey(intercept: true))
        {
            if (key.Key == ConsoleKey.Backspace)
            {
                secret.Length = Math.Max(0, secret.Length - 1);
            }
            else if (key.KeyChar != '\0')
            {
                secret.Append(key.KeyChar);
            }
        }
        invocation.Screen.Error.WriteLine();
        return secret.ToString();
    }
}
